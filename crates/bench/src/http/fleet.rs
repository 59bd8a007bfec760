//! Phones on a server: people with a licence, a policy for all of them, registered app instances with open sessions. They speak the
//! protocol as a phone does, and check what they are answered while they are being made.

use anyhow::{Context, Result, ensure};
use ringfence_model::{AccountId, ManagementState, Platform, TenantId, UnixMillis, Version};
use ringfence_protocol::{
    Bytes, Digest, InstanceKey,
    bundle::{self, Audience, Expected, Floors},
    checkin::{AccountState, CheckInReply},
    keys::Signer,
    keyset::{self, Keyset, KeysetFloor},
    register::{RegistrationHello, RegistrationReply, RegistrationRequest, TenantInfo},
    request::{REPLY_HEADER, ReplyParts, RequestParts, SESSION_HEADER, SessionHeader},
    session::{Established, PhoneHandshake, SessionAnswer, SessionRequest},
    status::StatusReport,
};
use serde_json::{Value, json};

use super::call::{call, json as call_json};
use crate::dice::Dice;

const APP: &str = "org.example.notes";
const CHECK_IN: &str = "/phone/v1/checkin";
const STATUS: &str = "/phone/v1/status";
const PASSWORD: &str = "a long enough passphrase";

/// An app instance with an open session.
pub(crate) struct Phone {
    established: Established,
    counter: u64,
    etag: String,
    version: u64,
    content_hash: Digest,
    /// Of the signed bundle as it was fetched.
    pub(crate) bundle_hash: Digest,
    sequence: u64,
}

fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(since.as_millis() as i64)
}

/// Makes people and phones through the administration and phone routes.
pub(crate) struct Maker<'a> {
    pub(crate) port: u16,
    /// Of an administrator.
    pub(crate) token: &'a str,
    /// Keeps names apart when a database is used twice.
    pub(crate) mark: u64,
}

impl Maker<'_> {
    /// `people` × `devices` phones, every one of which has checked in and obeys the policy.
    pub(crate) async fn make(&self, people: usize, devices: usize) -> Result<Vec<Phone>> {
        let tenant: TenantInfo = serde_json::from_value(
            call_json(self.port, "GET", "/phone/v1/tenant", None, &Value::Null).await?,
        )?;
        let keyset = keyset::accept(
            &tenant.keyset.0,
            &tenant.root_key,
            tenant.tenant_id,
            &KeysetFloor::default(),
            now(),
        )?
        .keyset;
        self.make_policy().await?;
        let dice = &mut Dice(self.mark);
        let mut phones = Vec::new();
        for person in 0..people {
            let (account, access) = self.make_person(person).await?;
            for device in 0..devices {
                let tag = format!("{}-{person}-{device}", self.mark);
                phones.push(self.make_phone(tenant.tenant_id, &keyset, account, &access, &tag, dice).await?);
            }
        }
        Ok(phones)
    }

    async fn administer(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        call_json(self.port, method, path, Some(self.token), body).await
    }

    async fn make_policy(&self) -> Result<()> {
        let policy = json!({
            "@odata.type": "#microsoft.graph.iosManagedAppProtection",
            "displayName": format!("Bench {}", self.mark),
            "allowedOutboundDataTransferDestinations": "managedApps",
            "allowedOutboundClipboardSharingLevel": "managedAppsWithPasteIn",
            "dataBackupBlocked": true,
            "saveAsBlocked": true,
            "pinRequired": true,
            "minimumPinLength": 6,
            "periodOfflineBeforeAccessCheck": "PT12H",
            "minimumRequiredOsVersion": "17.0",
            "apps": [{"mobileAppIdentifier": {
                "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": APP,
            }}],
            "assignments": [{"target": {
                "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget",
            }}],
        });
        self.administer("POST", "/beta/deviceAppManagement/iosManagedAppProtections", &policy).await?;
        Ok(())
    }

    /// A licensed person, signed in.
    async fn make_person(&self, number: usize) -> Result<(AccountId, String)> {
        let name = format!("person{number}.{}@bench.example", self.mark);
        let user = json!({
            "accountEnabled": true,
            "displayName": "Somebody",
            "mailNickname": format!("person{number}"),
            "userPrincipalName": name,
            "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": false},
        });
        let made = self.administer("POST", "/v1.0/users", &user).await?;
        let skus = self.administer("GET", "/v1.0/subscribedSkus", &Value::Null).await?;
        let licence = json!({
            "addLicenses": [{"skuId": skus["value"][0]["skuId"], "disabledPlans": []}], "removeLicenses": [],
        });
        let id = made["id"].as_str().context("a user without id")?;
        self.administer("POST", &format!("/v1.0/users/{id}/assignLicense"), &licence).await?;
        let sign_in = json!({"userPrincipalName": name, "password": PASSWORD});
        let reply = call_json(self.port, "POST", "/phone/v1/signin", None, &sign_in).await?;
        let access = reply["accessToken"].as_str().context("no access token")?.to_owned();
        Ok((serde_json::from_value(reply["accountId"].clone())?, access))
    }

    async fn make_phone(
        &self,
        tenant: TenantId,
        keyset: &Keyset,
        account: AccountId,
        access: &str,
        tag: &str,
        dice: &mut Dice,
    ) -> Result<Phone> {
        let mut entropy = |out: &mut [u8]| out.iter_mut().for_each(|byte| *byte = dice.roll() as u8);
        let mut scalar = [0; 32];
        entropy(&mut scalar);
        let key = InstanceKey::from_scalar(&scalar)?;
        let hello = RegistrationHello {
            tenant,
            account,
            access_token_hash: Digest::of(access.as_bytes()),
            public_key: key.public(),
            platform: Platform::Ios,
            app: APP.to_owned(),
            app_version: Version([4, 2, 0, 0]),
            sdk_version: Version([0, 1, 0, 0]),
            device_tag: tag.to_owned(),
            os_version: Version([18, 1, 0, 0]),
            model: None,
            manufacturer: None,
            management: ManagementState::Unmanaged,
            signer: None,
            device_key: None,
            at: now(),
        };
        let request = RegistrationRequest { hello: Bytes(hello.prepare()?.sign(&key)?) };
        let request = serde_json::to_value(&request)?;
        let reply = call_json(self.port, "POST", "/phone/v1/registrations", Some(access), &request).await?;
        let reply: RegistrationReply = serde_json::from_value(reply)?;

        let begun = PhoneHandshake::begin(tenant, reply.instance_id, &key.public(), now(), &mut entropy)?;
        let signature = key.sign(begun.to_be_signed())?;
        let waiting = begun.signed(signature)?;
        let request = serde_json::to_value(SessionRequest { hello: Bytes(waiting.hello.clone()) })?;
        let answer = call_json(self.port, "POST", "/phone/v1/sessions", None, &request).await?;
        let answer: SessionAnswer = serde_json::from_value(answer)?;
        let mut phone = Phone {
            established: waiting.finish(&answer.reply.0, keyset)?,
            counter: 0,
            etag: String::new(),
            version: 0,
            content_hash: Digest([0; 32]),
            bundle_hash: Digest([0; 32]),
            sequence: 0,
        };
        phone.first_check_in(self.port, tenant, keyset).await?;
        Ok(phone)
    }
}

impl Phone {
    fn session_header(
        &mut self,
        method: &str,
        path: &str,
        if_none_match: &str,
        body: &[u8],
    ) -> SessionHeader {
        self.counter += 1;
        let parts = RequestParts { counter: self.counter, method, path_and_query: path, if_none_match, body };
        let mac = self.established.keys.request_mac(&parts);
        SessionHeader { session: self.established.reply.session, counter: self.counter, mac }
    }

    /// Fetches the policy and accepts it, as a phone would.
    async fn first_check_in(&mut self, port: u16, tenant: TenantId, keyset: &Keyset) -> Result<()> {
        let header = format!("{SESSION_HEADER}: {}", self.session_header("GET", CHECK_IN, "", b""));
        let answer = call(port, "GET", CHECK_IN, &[header], b"").await?;
        ensure!(answer.status == 200, "the first check-in was answered {}", answer.status);
        let etag = answer.header("etag").context("a check-in without ETag")?.to_owned();
        let mac = answer.header(REPLY_HEADER).context("a check-in without MAC")?.parse()?;
        let parts = ReplyParts { counter: self.counter, status: 200, etag: &etag, body: &answer.body };
        ensure!(self.established.keys.verify_reply(&parts, &mac), "the MAC of the check-in is wrong");
        let reply: CheckInReply = serde_json::from_slice(&answer.body)?;
        ensure!(reply.state == AccountState::Protected, "no policy reaches the phone");
        let signed = reply.bundle.context("a check-in without bundle")?;
        let audience = Audience { tenant, platform: Platform::Ios, app: APP };
        let expected = Expected { audience, bundle_hash: reply.bundle_hash.as_ref(), wall: now() };
        let accepted = bundle::accept(&signed.0, keyset, &expected, &Floors::default())?;
        self.version = accepted.bundle.version;
        self.content_hash = accepted.bundle.content_hash;
        self.bundle_hash = Digest::of(&signed.0);
        self.etag = etag;
        Ok(())
    }

    /// Appends a check-in with nothing new.
    pub(crate) fn check_in(&mut self, request: &mut Vec<u8>) {
        let etag = self.etag.clone();
        let header = self.session_header("GET", CHECK_IN, &etag, b"");
        let text = format!(
            "GET {CHECK_IN} HTTP/1.1\r\nHost: localhost\r\n{SESSION_HEADER}: {header}\r\nIf-None-Match: {etag}\r\n\r\n"
        );
        request.extend_from_slice(text.as_bytes());
    }

    /// Appends a status report.
    pub(crate) fn report(&mut self, request: &mut Vec<u8>) {
        self.sequence += 1;
        let report = StatusReport {
            sequence: self.sequence,
            obeyed_version: self.version,
            content_hash: Some(self.content_hash),
            blocked_by: Vec::new(),
            warnings: Vec::new(),
            dialogs: Vec::new(),
            companion_version: None,
            app_version: Version([4, 2, 0, 0]),
            sdk_version: Version([0, 1, 0, 0]),
            os_version: Version([18, 1, 0, 0]),
            at: now(),
        };
        let body = serde_json::to_vec(&report).unwrap_or_default();
        let header = self.session_header("POST", STATUS, "", &body);
        let text = format!(
            "POST {STATUS} HTTP/1.1\r\nHost: localhost\r\n{SESSION_HEADER}: {header}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        request.extend_from_slice(text.as_bytes());
        request.extend_from_slice(&body);
    }
}
