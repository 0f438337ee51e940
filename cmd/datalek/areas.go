package main

import (
	"datalek/notifier"
	"datalek/playbooks"
	"datalek/services/calendar"
	"datalek/services/printing"
	"datalek/services/processors"
	"datalek/web"
	"datalek/web/access"
	"datalek/web/account"
	"datalek/web/ack"
	"datalek/web/addresses"
	yearly "datalek/web/annual"
	"datalek/web/api"
	"datalek/web/catalogue"
	"datalek/web/desk"
	"datalek/web/devices"
	"datalek/web/doctor"
	"datalek/web/drills"
	"datalek/web/factors"
	"datalek/web/feeds"
	"datalek/web/intake"
	"datalek/web/limited"
	"datalek/web/mailbox"
	"datalek/web/members"
	"datalek/web/notices"
	"datalek/web/pauses"
	"datalek/web/policyedit"
	"datalek/web/proof"
	"datalek/web/reading"
	"datalek/web/requests"
	"datalek/web/retaining"
	returned "datalek/web/returns"
	"datalek/web/roles"
	"datalek/web/start"
	"datalek/web/stuck"
	"datalek/web/supplier"
	"datalek/web/tokens"
	"datalek/web/webhook"

	"github.com/google/uuid"
)

// areas returns the doors of the web; a worker has none but its health.
func (a *app) areas() []web.Area {
	if a.cfg.Mode == "worker" {
		return nil
	}
	dates := calendar.New()
	hasher, tries := account.NewHasher(2), account.NewTries(a.now)
	rests := pauses.New(pauses.Options{Accounts: notifier.NewPauses(a.store, a.now), Store: a.store, Nudge: a.notifier.Nudge})
	checks := proof.New(proof.Options{Store: a.store, Key: a.headKey, Now: a.now})
	a.onStop(checks.Stop)
	refused := webhook.NewRefusals(a.now)
	list := []web.Area{
		account.New(account.Options{Store: a.store, Office: a.office, Policies: a.book, Hasher: hasher, Tries: tries, SetupHash: a.setup, SetupUntil: a.setupUntil, Now: a.now}),
		factors.New(factors.Options{Store: a.store, Office: a.office, Hasher: hasher, Tries: tries}),
		desk.New(desk.Options{Store: a.store, Office: a.office, Book: a.book, Calendar: dates, Pauses: rests, PrintSheet: printing.Sheet, HostPerson: a.cfg.EscalationEmail != "", HeadKey: a.headKey, CaseFiles: a.caseFiles}),
		ack.New(ack.Options{Store: a.store, Office: a.office}),
		intake.New(intake.Options{Store: a.store, Office: a.office, Book: a.book, Now: a.now, NewID: uuid.NewString, BoxSetting: notifier.SupplierBoxSetting}),
		start.New(start.Options{Store: a.store, Office: a.office, Book: a.book}),
		catalogue.New(catalogue.Options{Store: a.store, Office: a.office}),
		addresses.New(addresses.Options{Store: a.store, Office: a.office, NewID: uuid.NewString, Refused: refused}),
		feeds.New(feeds.Options{Store: a.store, Office: a.office, Look: a.feeds.Look, Now: a.now}),
		retaining.New(retaining.Options{Store: a.store, Office: a.office}),
		notices.New(notices.Options{Store: a.store, Office: a.office, Book: a.book, Print: printing.Letters, Pauses: rests, ReadingAt: a.readingAt}),
		rests,
		api.New(api.Options{Store: a.store, Office: a.office, Now: a.now, HTML: playbooks.HTML, Calendar: dates, PrintDossier: printing.Dossier, Print: printing.Letters, Book: a.book, ReadingAt: a.readingAt, HeadKey: a.headKey, CaseFiles: a.caseFiles, Look: a.feeds.Look}),
		reading.New(reading.Options{Store: a.store, Office: a.office, Now: a.now}),
		returned.New(returned.Options{Store: a.store, Office: a.office, BoxSetting: notifier.BoxSetting}),
		doctor.New(doctor.Options{Look: a.look, Prove: a.prove}),
		access.New(access.Options{Store: a.store, Now: a.now, Log: a.log}),
		checks,
		members.New(members.Options{Store: a.store, Office: a.office, Hasher: hasher, NewID: uuid.NewString, Now: a.now}),
		devices.New(devices.Options{Store: a.store}),
		tokens.New(tokens.Options{Store: a.store, NewID: uuid.NewString}),
		stuck.New(stuck.Options{Store: a.store, Office: a.office}),
		requests.New(requests.Options{Store: a.store, Office: a.office, Print: printing.Dossier}),
		drills.New(drills.Options{Store: a.store, Office: a.office, Book: a.book}),
		policyedit.New(policyedit.Options{Store: a.store, Office: a.office, Book: a.book, Now: a.now}),
		roles.New(roles.Options{Store: a.store, Now: a.now}),
		limited.New(limited.Options{Store: a.store, Book: a.book}),
		yearly.New(yearly.Options{Office: a.office, Book: a.book, Print: printing.Report}),
		supplier.New(supplier.Options{Store: a.store, Office: a.office, Reader: processors.Reader{}, Now: a.now, NewID: uuid.NewString, Nudge: a.notifier.Nudge}),
		webhook.New(webhook.Options{Store: a.store, Now: a.now, NewID: uuid.NewString, Nudge: a.notifier.Nudge, Tokens: a.cfg.senderTokens(a.now), Reader: processors.Reader{}, StatusURL: a.statusURL, Refused: a.heard.turnedAway, Refusals: refused}),
	}
	if a.mails != nil {
		list = append(list, mailbox.New(mailbox.Options{Mails: a.mails}))
	}
	return list
}

// statusURL is the page on which a supplier sees what became of its report.
func (a *app) statusURL(token string) string { return a.cfg.BaseURL + supplier.Path(token) }
