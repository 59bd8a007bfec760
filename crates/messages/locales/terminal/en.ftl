# What commands say beside the dialogs, in English. Keys as in the Dutch file.

# In the app: what was tried.
terminal-do-sign-in = sign in as { $name }
terminal-do-sign-in-at = sign in at { $name }
terminal-do-sign-in-companion = sign in with the companion's account
terminal-do-remove-account = remove the work account
terminal-do-identity = change the identity on the screen
terminal-do-open = open { $name }
terminal-do-check-in = check in
terminal-do-press = press { $name }
terminal-do-pin = enter a PIN
terminal-do-biometric = show a finger or a face
terminal-do-change-pin = change the PIN
terminal-do-create = create { $name }
terminal-do-write = write { $name }
terminal-do-delete = delete { $name }
terminal-do-read = read { $name }
terminal-do-list = list documents
terminal-do-share = share { $name } with { $target }
terminal-do-open-in = open { $name } in { $target }
terminal-do-save-as = save { $name } to { $target }
terminal-do-open-from = open { $name } from { $target }
terminal-do-copy = copy { $name }
terminal-do-paste = paste into { $name }
terminal-do-print = print { $name }
terminal-do-screenshot = take a screenshot
terminal-do-notify = show a notification
terminal-do-backup = let the backup take the data
terminal-do-contacts = sync contacts
terminal-do-offer = offer to { $name }
terminal-do-dial = dial with { $name }
terminal-do-message = message with { $name }
terminal-do-keyboard = type with { $name }
terminal-do-browse = browse { $name }
terminal-do-new-tab = show the page of a new tab
terminal-feature-widget = a widget
terminal-feature-system-search = the search of the system
terminal-feature-genmoji = emoji made from text
terminal-feature-writing-tools = the writing tools

# Tables.
terminal-col-whose = whose
terminal-col-name = name
terminal-col-may = may
terminal-col-what = what
terminal-col-value = value
terminal-col-title = title
terminal-col-address = address
terminal-work = work
terminal-personal = personal
terminal-yes = yes
terminal-no = no
terminal-none = none
terminal-new-tab = new tab
terminal-icon = icon
terminal-bookmark = bookmark
terminal-row-state = state
terminal-row-organisation = organisation
terminal-row-instance = instance
terminal-row-obeyed = obeyed version
terminal-row-lease = lease ends
terminal-row-next-pin = next PIN
terminal-row-check-in = last check-in
terminal-row-managed-apps = managed apps
terminal-row-restart = restart pending
terminal-pin-after = after { $minutes } minutes without use
terminal-time-in = in { $span }
terminal-time-ago = { $span } ago
terminal-span-seconds = { $count } s
terminal-span-minutes = { $count } min
terminal-span-hours = { $count } h { $rest } min
terminal-span-days = { $count } d { $rest } h

# State of an app.
terminal-state-signed-out = signed out
terminal-state-registering = registering
terminal-state-pending = pending
terminal-state-protected = protected
terminal-state-no-policy = no policy
terminal-state-not-licensed = not licensed
terminal-state-sign-in-needed = sign in needed
terminal-state-legacy-sign-in = legacy sign in
terminal-state-wiping = wiping
terminal-state-obeys = { $state }, obeys version { $version }
terminal-state-withheld = { $state }, work data withheld: { $reasons }

# The phone as a whole.
terminal-logs-told = Sent to your organisation's help desk: what the apps' protection did lately (steps, times, policy, phone facts, codes).
terminal-logs-not-told = Not sent: passwords, keys, documents and their names, addresses of web pages, your name.
terminal-logs-sent = { $app }: { $count } bytes sent under { $ticket }
terminal-account-removed = removed { $account } from { $app } with the work data there
terminal-app-removed = removed { $app } with its data
terminal-app-updated = { $app } is now { $version }
terminal-data-cleared = cleared the data of { $app }
terminal-reset = reset: no apps, no keys, no files
terminal-network-on = network on
terminal-network-off = network off
terminal-restarted = restarted, boot id { $id }

# An app that stays open.
terminal-run-open = { $app } is open; press Ctrl-C to end it
terminal-run-dialog = dialog { $code }
terminal-run-dialog-closed = dialog { $code } closed
terminal-run-restart = the app asks for a restart
terminal-run-page = page { $url } opened ({ $context })
terminal-run-push-open = push: connected
terminal-run-push-hint = push: something changed
terminal-run-push-end = push: connection ended
terminal-run-ended = the app's process ended

# Decisions of the server.
terminal-explain-allow = allow
terminal-explain-deny = deny
terminal-explain-reason = reason
terminal-explain-rule = rule
terminal-explain-setting = setting
terminal-explain-from = from
terminal-explain-not-set = not set
terminal-explain-default = default
terminal-explain-by = { $policy } by { $assignment }
terminal-explain-everybody = all licensed users
terminal-explain-disabled = The account is disabled, so its apps give no access to work data.
terminal-explain-no-licence = The user has no licence, so no policy reaches this user and nothing is restricted.
terminal-explain-no-policy = No policy reaches this user in this app, so nothing is restricted.
