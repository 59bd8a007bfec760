# Wat opdrachten zeggen naast de vensters, in het Nederlands. Sleutels als in het Engelse bestand.

# In de app: wat geprobeerd werd.
terminal-do-sign-in = aanmelden als { $name }
terminal-do-sign-in-at = aanmelden bij { $name }
terminal-do-sign-in-companion = aanmelden met het account van de hulpapp
terminal-do-remove-account = het werkaccount verwijderen
terminal-do-identity = van identiteit wisselen op het scherm
terminal-do-open = { $name } openen
terminal-do-check-in = contact zoeken met de server
terminal-do-press = drukken op { $name }
terminal-do-pin = een pincode invoeren
terminal-do-biometric = een vinger of gezicht tonen
terminal-do-change-pin = de pincode wijzigen
terminal-do-create = { $name } maken
terminal-do-write = { $name } schrijven
terminal-do-delete = { $name } wissen
terminal-do-read = { $name } lezen
terminal-do-list = documenten tonen
terminal-do-share = { $name } delen met { $target }
terminal-do-open-in = { $name } openen in { $target }
terminal-do-save-as = { $name } opslaan in { $target }
terminal-do-open-from = { $name } openen uit { $target }
terminal-do-copy = { $name } kopiëren
terminal-do-paste = plakken in { $name }
terminal-do-print = { $name } afdrukken
terminal-do-screenshot = een schermafdruk maken
terminal-do-notify = een melding tonen
terminal-do-backup = de back-up de gegevens laten meenemen
terminal-do-contacts = contacten synchroniseren
terminal-do-offer = aanbieden aan { $name }
terminal-do-dial = bellen met { $name }
terminal-do-message = een bericht sturen met { $name }
terminal-do-keyboard = typen met { $name }
terminal-do-browse = { $name } bezoeken
terminal-do-new-tab = de pagina van een nieuw tabblad tonen
terminal-feature-widget = een widget
terminal-feature-system-search = het zoeken van het systeem
terminal-feature-genmoji = emoji uit tekst
terminal-feature-writing-tools = de schrijfhulp

# Tabellen.
terminal-col-whose = van wie
terminal-col-name = naam
terminal-col-may = mag
terminal-col-what = wat
terminal-col-value = waarde
terminal-col-title = titel
terminal-col-address = adres
terminal-work = werk
terminal-personal = privé
terminal-yes = ja
terminal-no = nee
terminal-none = geen
terminal-new-tab = nieuw tabblad
terminal-icon = pictogram
terminal-bookmark = bladwijzer
terminal-row-state = toestand
terminal-row-organisation = organisatie
terminal-row-instance = registratie
terminal-row-obeyed = nageleefde versie
terminal-row-lease = geldig tot
terminal-row-next-pin = volgende pincode
terminal-row-check-in = laatste contact
terminal-row-managed-apps = werkapps
terminal-row-restart = herstart nodig
terminal-pin-after = na { $minutes } minuten zonder gebruik
terminal-time-in = over { $span }
terminal-time-ago = { $span } geleden
terminal-span-seconds = { $count } sec
terminal-span-minutes = { $count } minuten
terminal-span-hours = { $count } uur en { $rest } min
terminal-span-days = { $count } dagen en { $rest } uur

# Toestand van een app.
terminal-state-signed-out = niet aangemeld
terminal-state-registering = bezig met registreren
terminal-state-pending = wacht op beleid
terminal-state-protected = beveiligd
terminal-state-no-policy = geen beleid
terminal-state-not-licensed = geen licentie
terminal-state-sign-in-needed = opnieuw aanmelden nodig
terminal-state-legacy-sign-in = oude manier van aanmelden
terminal-state-wiping = bezig met wissen
terminal-state-obeys = { $state }, leeft versie { $version } na
terminal-state-withheld = { $state }, werkgegevens achtergehouden: { $reasons }

# De telefoon als geheel.
terminal-logs-told = Naar de helpdesk van uw organisatie gaat: wat de beveiliging van de apps de laatste tijd deed (stappen, tijden, beleid, gegevens over de telefoon, codes).
terminal-logs-not-told = Niet verstuurd: wachtwoorden, sleutels, documenten en hun namen, adressen van webpagina's, uw naam.
terminal-logs-sent = { $app }: { $count } bytes verstuurd onder { $ticket }
terminal-account-removed = { $account } is verwijderd uit { $app }, met de werkgegevens daar
terminal-app-removed = { $app } is verwijderd, met de gegevens ervan
terminal-app-updated = { $app } heeft nu versie { $version }
terminal-data-cleared = de gegevens van { $app } zijn gewist
terminal-reset = teruggezet: geen apps, geen sleutels, geen bestanden
terminal-network-on = het netwerk is aan
terminal-network-off = het netwerk is uit
terminal-restarted = opnieuw gestart, boot-id { $id }

# Een app die open blijft.
terminal-run-open = { $app } staat open; stop met Ctrl-C
terminal-run-dialog = venster { $code }
terminal-run-dialog-closed = venster { $code } gesloten
terminal-run-restart = de app vraagt om een herstart
terminal-run-page = pagina { $url } geopend ({ $context })
terminal-run-push-open = push: verbonden
terminal-run-push-hint = push: er is iets veranderd
terminal-run-push-end = push: verbinding verbroken
terminal-run-ended = de app is afgesloten

# Besluiten van de server.
terminal-explain-allow = toegestaan
terminal-explain-deny = geweigerd
terminal-explain-reason = reden
terminal-explain-rule = regel
terminal-explain-setting = instelling
terminal-explain-from = uit
terminal-explain-not-set = niet ingesteld
terminal-explain-default = standaardwaarde
terminal-explain-by = { $policy }, toegewezen aan { $assignment }
terminal-explain-everybody = alle gebruikers met een licentie
terminal-explain-disabled = Het account is uitgeschakeld, dus de apps geven geen toegang tot werkgegevens.
terminal-explain-no-licence = De gebruiker heeft geen licentie, dus geen beleid bereikt deze gebruiker en niets wordt beperkt.
terminal-explain-no-policy = Geen beleid bereikt deze gebruiker in deze app, dus niets wordt beperkt.
