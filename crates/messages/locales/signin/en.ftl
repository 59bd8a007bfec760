# The pages for signing in with a browser, in English. Keys: signin-… as the server's reasons are named, the rest are labels.

signin-page-title = Sign in
signin-page-lead = For people who administer app protection.
signin-page-name = Name
signin-page-password = Password
signin-page-new-password = New password (12 characters or more)
signin-page-code = Code of your authenticator app, if you use one
signin-page-submit = Sign in
signin-page-or = or
signin-page-with = Sign in with { $target }
signin-page-again = Sign in again
signin-page-out = Sign out
signin-page-me = Signed in
signin-page-as = You are signed in as { $target }.
signin-page-roles = Your roles: { $target }
signin-page-failed = Not signed in

signin-no-provider = There is no such way to sign in.
signin-state-unknown = This sign-in took too long, was used already or began in another window. Begin again.
signin-issuer = The answer came from another provider than the one that was asked. Nobody was signed in. Begin again, and tell your administrator when it happens again.
signin-by-provider = The provider refused to sign you in ({ $target }).
signin-provider-unavailable = The provider does not answer now. Try again in a minute.
signin-code-used = The provider did not accept its own code: it is too old or was used already. Begin again.
signin-token = What the provider says of you cannot be verified. Nobody was signed in. Tell your administrator.
signin-unknown = The directory does not know this account.
signin-taken = Your sign-in name belongs to another identity at the provider. Tell your administrator.
signin-disabled = This account is disabled in the directory.
signin-no-role = This account has no role here, so there is nothing it may see or do. Ask an administrator for one.
signin-wrong = The name or the password is wrong.
signin-must-change = This password must be changed first: type it again with a new one.
signin-weak = The new password must have 12 to 256 characters and differ from the old one.
signin-code-needed = Type your password again, with the code of your authenticator app or a recovery code.
signin-code-wrong = The code is wrong or was used already.
signin-wait = Too many failures. Try again in { $target } seconds.
signin-cross-site = The form was sent from another site. Nobody was signed in.
signin-unfit = The directory cannot take what the provider says of this account. Tell your administrator.
signin-failed = Something went wrong on the server. Try again in a minute.
