//! A browser without a screen: keeps cookies, follows no redirection by itself.

use std::collections::BTreeMap;

use http_body_util::Full;
use hyper::{Method, Request, body::Bytes};

use super::{Answer, Client, World};

pub(crate) struct Browser {
    client: Client,
    host: String,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) language: &'static str,
}

impl Browser {
    pub(crate) fn new(world: &World) -> Self {
        let host = world.server.addr.to_string();
        Self { client: world.anonymous(), host, cookies: BTreeMap::new(), language: "en" }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "", &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Answer {
        let origin = format!("http://{}", self.host);
        self.send(Method::POST, path, form, &[("origin", &origin), ("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        form: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("accept-language", self.language)
            .header("cookie", cookies.join("; "));
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer =
            self.client.request(request.body(Full::new(Bytes::from(form.to_owned()))).unwrap()).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"), "{attributes}");
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Where an answer sends the browser, as a path of this server.
    pub(crate) fn target(answer: &Answer) -> String {
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        answer.headers["location"].to_str().unwrap().to_owned()
    }
}
