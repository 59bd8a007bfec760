# De pagina's om met een browser aan te melden, in het Nederlands. Sleutels als in het Engelse bestand.

signin-page-title = Aanmelden
signin-page-lead = Voor wie app-beveiliging beheert.
signin-page-name = Naam
signin-page-password = Wachtwoord
signin-page-new-password = Nieuw wachtwoord (12 tekens of meer)
signin-page-code = Code uit uw authenticator-app, als u die gebruikt
signin-page-submit = Aanmelden
signin-page-or = of
signin-page-with = Aanmelden met { $target }
signin-page-again = Opnieuw aanmelden
signin-page-out = Afmelden
signin-page-me = Aangemeld
signin-page-as = U bent aangemeld als { $target }.
signin-page-roles = Uw rollen: { $target }
signin-page-failed = Niet aangemeld

signin-no-provider = Deze manier van aanmelden bestaat niet.
signin-state-unknown = Deze aanmelding duurde te lang, is al gebruikt of begon in een ander venster. Begin opnieuw.
signin-issuer = Het antwoord kwam van een andere aanbieder dan gevraagd was. Er is niemand aangemeld. Begin opnieuw, en vertel het uw beheerder als het weer gebeurt.
signin-by-provider = De aanbieder weigerde u aan te melden ({ $target }).
signin-provider-unavailable = De aanbieder antwoordt nu niet. Probeer het over een minuut opnieuw.
signin-code-used = De aanbieder nam zijn eigen code niet aan: die is te oud of al gebruikt. Begin opnieuw.
signin-token = Wat de aanbieder over u zegt, is niet na te gaan. Er is niemand aangemeld. Vertel het uw beheerder.
signin-unknown = Dit account staat niet in de adreslijst.
signin-taken = Uw aanmeldnaam hoort bij een andere identiteit bij de aanbieder. Vertel het uw beheerder.
signin-disabled = Dit account is uitgeschakeld in de adreslijst.
signin-no-role = Dit account heeft hier geen rol en mag dus niets zien of doen. Vraag een beheerder om een rol.
signin-wrong = De naam of het wachtwoord klopt niet.
signin-must-change = Dit wachtwoord moet eerst worden gewijzigd: typ het nog eens, met een nieuw erbij.
signin-weak = Het nieuwe wachtwoord moet 12 tot 256 tekens hebben en anders zijn dan het oude.
signin-code-needed = Typ uw wachtwoord nog eens, met de code uit uw authenticator-app of een herstelcode.
signin-code-wrong = De code klopt niet of is al gebruikt.
signin-wait = Te vaak mislukt. Probeer het over { $target } seconden opnieuw.
signin-cross-site = Het formulier kwam van een andere site. Er is niemand aangemeld.
signin-unfit = De adreslijst kan niet opnemen wat de aanbieder over dit account zegt. Vertel het uw beheerder.
signin-failed = Er ging iets mis op de server. Probeer het over een minuut opnieuw.
