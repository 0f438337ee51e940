package main_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// hands does on the pages and by the API what changes something, with answers
// that are good.
type hands struct {
	*grounds
	owner *caller
	api   *caller
}

// press sends the form of a page that leads to a route, with these answers in it
// ("name=value"; "-name" leaves one out), and returns where that leads.
func (h *hands) press(page, route string, answers ...string) string {
	h.t.Helper()
	return h.pressAs(h.owner, page, route, answers...)
}

// pressAs is press by somebody else. Where the program says that it is still at work
// on something, or changed what was shown meanwhile, it is done again, and where the
// form waits for work behind the page, it is waited for.
func (h *hands) pressAs(who *caller, page, route string, answers ...string) string {
	h.t.Helper()
	to := ""
	await(h.t, route+" is accepted", func() error {
		shown := who.get(page)
		f, some := formTo(formsOn(h.t, page, shown.Body), route, answers)
		if !some {
			return errNot("%s (%d) has no form to %s with %q", page, shown.Status, route, answers)
		}
		r := who.post(f.action, answered(f, answers))
		if r.Status == http.StatusConflict || strings.Contains(r.Body, "Dit is intussen veranderd") {
			return errNot("%s", faultsShown(r.Body))
		}
		if r.Status >= 400 {
			h.t.Errorf("%s from %s with %q answered %d: %s", route, page, answers, r.Status, faultsShown(r.Body))
		}
		to = r.Header.Get("Location")
		return nil
	})
	return to
}

// formTo is the form that leads to a route and asks for all that is answered.
func formTo(forms []form, route string, answers []string) (form, bool) {
	at := slices.IndexFunc(forms, func(f form) bool {
		path, _, _ := strings.Cut(f.action, "?")
		return routeFor(http.MethodPost, path) == route && answered(f, answers) != nil
	})
	if at < 0 {
		return form{}, false
	}
	return forms[at], true
}

// pressAny presses the form on the first of these pages that has it.
func (h *hands) pressAny(pages []string, route string, answers ...string) {
	h.t.Helper()
	for _, page := range pages {
		if _, some := formTo(formsOn(h.t, page, h.owner.get(page).Body), route, answers); some {
			h.press(page, route, answers...)
			return
		}
	}
	h.t.Errorf("none of %q has a form to %s", pages, route)
}

// answered is a form with these answers; nil when it does not ask for one of them.
func answered(f form, answers []string) url.Values {
	values := f.with(nil, "")
	for _, a := range answers {
		name, value, sets := strings.Cut(a, "=")
		if !sets {
			delete(values, strings.TrimPrefix(a, "-"))
			continue
		}
		if !slices.Contains(f.fields, name) {
			return nil
		}
		values.Set(name, value)
	}
	return values
}

// faultsShown is what a page says is wrong.
func faultsShown(body string) string {
	_, rest, some := strings.Cut(body, "govuk-error-summary")
	if !some {
		_, rest, _ = strings.Cut(body, "<main")
	}
	return fmt.Sprintf("%.600s", rest)
}

// day is the answer to a question for a day.
func day(name string, at time.Time) []string {
	return []string{fmt.Sprintf("%s_day=%d", name, at.Day()), fmt.Sprintf("%s_month=%d", name, at.Month()), fmt.Sprintf("%s_year=%d", name, at.Year())}
}

// moment is the answer to a question for a time of the day too.
func moment(name string, at time.Time) []string {
	return append(day(name, at), name+"_time="+at.Format("15:04"))
}

// calls makes a call of the API that must be accepted, at the latest when the program
// is done with what it is at work on.
func (h *hands) calls(method, path string, body any, into any) {
	h.t.Helper()
	var r reply
	await(h.t, path+" is accepted", func() error {
		r = h.api.send(method, "/api/v1"+path, "application/json", encoded(h.t, body))
		if r.Status == http.StatusConflict && (strings.Contains(r.Body, "look again") || strings.Contains(r.Body, "wait a moment")) {
			return errNot("%s", r.Body)
		}
		return nil
	})
	if r.Status >= 300 {
		h.t.Errorf("%s %s answered %d %s", method, path, r.Status, r.Body)
		return
	}
	if into != nil {
		if err := json.Unmarshal([]byte(r.Body), into); err != nil {
			h.t.Errorf("%s %s: %v", method, path, err)
		}
	}
}

// all does everything once.
func (h *hands) all() {
	h.t.Helper()
	h.keepPeople()
	h.importLists()
	h.keepSystems()
	h.keepAddresses()
	h.workOnCases()
	h.writeNotices()
	h.answerRequests()
	h.judgeReports()
	h.file()
	h.destroy()
	h.settle()
	h.admit()
	h.rehearse()
	h.lock()
}

func (h *hands) keepPeople() {
	today := h.now()
	who := h.press("/clients/new", "/clients/new", append(day("guidance_from", today.AddDate(0, -3, 0)), "name=Gerda Registerproef", "external_id=R-1", "email=gerda@registerproef.example", "relation=client")...)
	h.press(who+"/edit", "/clients/:id/edit", "name=Gerda van Registerproef")
	h.press(who+"/guidance/1", "/clients/:id/guidance/:n", day("from", today.AddDate(0, -4, 0))...)
	h.press(who, "/clients/:id/guidance/:n/end")
	h.press(who, "/clients/:id/guidance/:n/reopen")
	h.press(who+"/guidance/new", "/clients/:id/guidance/new", append(day("from", today.AddDate(-1, 0, 0)), day("until", today.AddDate(0, -9, 0))...)...)
	h.press(who+"/guidance/2", "/clients/:id/guidance/:n/remove")
	h.press(who, "/clients/:id/keep")
	h.press(who+"/holdings/new?system=mailbox", "/clients/:id/exceptions/without")
	h.press(who, "/clients/:id/exceptions/end")
	h.press(who, "/clients/:id/holdings/by-hand")
	h.press(who+"/holdings/new?system=mailbox", "/clients/:id/holdings/new", "categories=name")
	h.press(who+"/holdings/1", "/clients/:id/holdings/:n", "categories=contact")
	h.press(who+"/holdings/1", "/clients/:id/holdings/:n/remove")
	h.press(who+"/holdings/by-rule", "/clients/:id/holdings/by-rule")
}

// sends sends a form with a file.
func (h *hands) sends(path, file string, fields ...string) string {
	h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "lijst.csv")
	if err != nil {
		h.t.Fatal(err)
	}
	_, _ = part.Write([]byte(file)) // into memory
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		_ = w.WriteField(name, value)
	}
	_ = w.Close()
	r := h.owner.send(http.MethodPost, path, w.FormDataContentType(), body.Bytes())
	if r.Status != http.StatusSeeOther {
		h.t.Errorf("%s answered %d: %s", path, r.Status, faultsShown(r.Body))
	}
	return r.Header.Get("Location")
}

// done waits until a list is worked off.
func (h *hands) done(list string) {
	h.t.Helper()
	await(h.t, "the list is worked off", func() error {
		var now imported
		if h.must(200, "GET", list, nil, &now); now.State == "reading" || now.State == "running" || now.State == "undoing" {
			return errNot("%s", now.State)
		}
		return nil
	})
}

func (h *hands) importLists() {
	list := func(n int) string {
		return fmt.Sprintf("Naam;Nummer;E-mail\nKoos Lijstproef%d;L-%d;koos%d@lijstproef.example\nK Lijstproef%d;;koos%d@lijstproef.example\n", n, n, n, n, n)
	}
	at := h.sends("/clients/import", list(1), "do=import")
	h.done(at)
	h.press(at, "/clients/imports/:id/doubles", "rest=apart")
	h.done(at)
	h.press(at+"/undo", "/clients/imports/:id/undo")
	h.done(at)
	second := "/clients/imports/" + h.importList(list(2)).ID
	h.done(second)
	h.calls("POST", second+"/doubles", object{"doubles": "apart"}, nil)
	h.done(second)
	h.calls("POST", second+"/undo", object{"rest": true}, nil)
	h.done(second)
}

func (h *hands) keepSystems() {
	h.calls("POST", "/systems", object{"id": "kast", "name": "Archiefkast", "categories": []string{"name"}, "identifiability": "identified"}, nil)
	h.press("/systems/new", "/systems/new", "name=Laptop van de gang", "categories=name", "identifiability=identified", "act=")
	at := "/systems/kast"
	h.press(at, "/systems/:id", "name=Laptop van de zolder", "act=")
	h.press(at, "/systems/:id/end")
	h.press(at, "/systems/:id/resume")
	h.calls("POST", "/processors", object{"id": "wolk", "name": "Wolk BV"}, nil)
	at = h.press("/processors/new", "/processors/new", "name=Regen BV")
	h.press(at, "/processors/:id", "contract_hours=12")
	h.press(at, "/processors/:id/end")
	h.press(at, "/processors/:id/resume")
}

func (h *hands) keepAddresses() {
	at := h.press("/processors/wolk/addresses", "/processors/:id/addresses", "door=signed")
	key := "whpk_" + base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize)).Public().(ed25519.PublicKey))
	h.press(at, "/processors/:id/addresses/:address/keys", "public_key="+key)
	h.press(at, "/processors/:id/addresses/:address/keys/remove")
	h.press(at, "/processors/:id/addresses/:address/test")
	h.press(at, "/processors/:id/addresses/:address/rotate")
	h.press(at, "/processors/:id/addresses/:address/drop-old")
	h.press(at+"/revoke", "/processors/:id/addresses/:address/revoke")
	const guid = "6f1c2a3b-4d5e-4f60-8172-93a4b5c6d7e8"
	h.press("/processors/wolk/entra", "/processors/:id/entra", "tenant="+guid, "audience="+guid)
	h.press("/processors/wolk/google", "/processors/:id/google", "sender=post@project.iam.gserviceaccount.com", "audience=datalek")
	h.press("/processors/wolk/message-centre/login", "/processors/:id/message-centre/login", "tenant="+guid, "client_id="+guid, "client_secret=registerproef-geheim")
	h.press("/processors/wolk/message-centre", "/processors/:id/message-centre/try")
	h.press("/processors/wolk/message-centre", "/processors/:id/message-centre/remove")
	h.calls("POST", "/processors/wolk/feed", object{"tenant": guid, "client_id": guid, "client_secret": "registerproef-geheim"}, nil)
	h.calls("POST", "/processors/wolk/feed/look", object{}, nil)
	h.calls("POST", "/processors/wolk/feed/remove", object{}, nil)
	h.addressByAPI(key, guid)
}

// addressByAPI does by the API what the pages did to another address.
func (h *hands) addressByAPI(key, guid string) {
	var made struct{ ID string }
	h.calls("POST", "/processors/wolk/addresses", object{"door": "signed"}, &made)
	at := "/processors/wolk/addresses/" + made.ID
	for _, does := range []string{"keys", "keys/remove", "test", "rotate", "drop-old", "revoke"} {
		var body object
		if strings.HasPrefix(does, "keys") {
			body = object{"public_key": key}
		}
		h.calls("POST", at+"/"+does, body, nil)
	}
	h.calls("PUT", "/processors/wolk/entra", object{"tenant": guid, "audience": guid, "subscriptions": []string{guid}}, nil)
	h.calls("PUT", "/processors/wolk/google", object{"sender": "push@proef.iam.example", "audience": "proef"}, nil)
}

func (h *hands) workOnCases() {
	w, soon := h.world, h.now().In(time.UTC).Add(30*time.Hour)
	h.press(w.unsure+"/facts", "/incidents/:id/facts", "discovered_how=Bij het opruimen.", "reason=Ik weet het nu beter.", "unintelligible=no", "occurred_from_precision=unknown", "occurred_until_precision=unknown")
	h.press(w.unsure+"/whose", "/incidents/:id/whose", "role=joint", "controller=De gemeente")
	h.press(w.unsure+"/measures", "/incidents/:id/measures", "measures_taken=De telefoon is op afstand gewist.")
	h.press(w.unsure+"/measures", "/incidents/:id/measures/add", "text=Zet de telefoons op slot.")
	h.press(w.unsure+"/measures/m1", "/incidents/:id/measures/:measure/end", "note=Niet nodig.")
	h.press(w.unsure+"/measures", "/incidents/:id/measures/add", "text=Koop hoezen.")
	h.press(w.unsure+"/measures/m2", "/incidents/:id/measures/:measure", "text=Zet alle telefoons op slot.")
	h.press(w.unsure+"/affected"+strings.TrimPrefix(w.client, "/clients"), "/incidents/:id/affected/:client", "reason=Deze persoon stond er niet in.")
	h.press(w.unsure+"/risk", "/incidents/:id/risk", "answer=notify", "reason=Er stond veel in.")
	h.press(w.unsure+"/authority/decision", "/incidents/:id/authority/decision", "reason=De telefoon was versleuteld.")
	h.press(w.unsure+"/answers", "/incidents/:id/answers")
	h.press(w.unsure+"/risk/answers", "/incidents/:id/risk/answers", "context=care")
	h.press(w.unsure+"/steps/wipe", "/incidents/:id/steps/:step", "reason=Dat kon niet.")
	h.press(w.unsure+"/authority/answers", "/incidents/:id/authority/answers", "sector=Zorg")
	h.press(w.overdue+"/authority/filing", "/incidents/:id/authority/filing", "reference=AP-1", "late_reason=Ik was ziek.", "kind=new")
	h.press(w.unsure+"/file", "/incidents/:id/file/bundle")
	h.press(w.overdue+"/delay/client", "/incidents/:id/delay/:clock", "reason=Ik was ziek.")
	h.press(w.processor+"/controller", "/incidents/:id/controller", "to=De opdrachtgever", "note=Gebeld.")
	h.press(w.running+"/updates/clients", "/incidents/:id/updates/:audience", moment("promised_at", soon)...)
	h.press(w.running+"/updates/clients", "/incidents/:id/updates/:audience/move", append(moment("promised_at", soon.Add(9*time.Hour)), "reason=Het duurt langer.")...)
	h.press(w.running+"/updates/clients", "/incidents/:id/updates/:audience/kept", "how=Iedereen is gebeld.")
	h.press(w.planned+"/preliminary", "/incidents/:id/preliminary/stop", "reason=Ik bel zelf.")
	h.press(w.planned+"/preliminary", "/incidents/:id/preliminary/resume")
	h.press(w.running+"/announcement", "/incidents/:id/announcement", append(moment("until", soon.AddDate(0, 1, 0)), "where_website=https://www.voorbeeld.example", "why=Er zijn geen adressen.")...)
	h.press(w.running+"/announcement", "/incidents/:id/announcement/undo", "reason=Het stond er niet.")
	h.caseByAPI(soon)
}

// caseByAPI does by the API what a page did to another case.
func (h *hands) caseByAPI(soon time.Time) {
	at, bodies := h.world.overdue, h.apiBodies()
	h.calls("POST", "/clients", object{"external_id": "R-2", "name": "Gijs Registerproef", "email": "gijs@registerproef.example", "phone": "+31 6 0101 0101"}, nil)
	h.calls("PATCH", at, object{"discovered_how": "Iemand belde.", "reason": "Ik weet het nu beter."}, nil)
	h.calls("POST", at+"/affected", object{"external_id": "V-050", "include": true, "reason": "Stond er ook bij."}, nil)
	h.calls("POST", at+"/authority-answers", bodies["POST /api/v1/incidents/:id/authority-answers"], nil)
	h.calls("POST", at+"/case-file", object{}, nil)
	stamp := func(at time.Time) string { return at.UTC().Truncate(time.Second).Format(time.RFC3339) }
	h.calls("POST", at+"/measures", object{"text": "Verstuur groepsmail voortaan met een programma."}, nil)
	h.calls("PATCH", at+"/measures/m1", object{"text": "Verstuur alles met een programma."}, nil)
	h.calls("POST", at+"/measures/m1/end", object{"state": "dropped", "note": "Niet nodig."}, nil)
	h.calls("POST", at+"/updates", object{"audience": "clients", "promised_at": stamp(soon)}, nil)
	h.calls("PATCH", at+"/updates/u1", object{"promised_at": stamp(soon.Add(time.Hour)), "reason": "Later."}, nil)
	h.calls("POST", at+"/updates/u1/kept", object{"reason": "Gebeld."}, nil)
	h.calls("POST", h.world.processor+"/controller", object{"at": stamp(h.now()), "by": "phone", "to": "De opdrachtgever", "note": "Nog eens gebeld."}, nil)
	h.calls("POST", h.world.stopped+"/preliminary/resume", object{}, nil)
	h.calls("POST", h.world.stopped+"/preliminary/stop", object{"reason": "Toch niet."}, nil)
	var made struct{ ID string }
	h.calls("POST", h.world.running+"/announcements", object{"places": []object{{"kind": "website", "where": "Onze site"}}, "from": stamp(h.now()), "until": stamp(soon), "why": "Er zijn geen adressen."}, &made)
	h.calls("POST", h.world.running+"/announcements/"+made.ID+"/undo", object{"reason": "Het stond er niet."}, nil)
	h.calls("POST", "/incidents", object{"playbook": "lost-device", "summary": "Een lege telefoon is weg.", "discovered_at": stamp(h.now()), "aware_at": stamp(h.now()), "aware_basis": "De telefoon was weg.",
		"systems": []string{"mailbox"}, "subjects": object{"emails": []string{"niemand@registerproef.example"}}, "unintelligible": "yes"}, &made)
	h.calls("POST", "/incidents/"+made.ID+"/decisions", object{"question": "authority", "answer": "not_notifiable", "reason": "De telefoon was leeg."}, nil)
	await(h.t, "there is nobody to tell", func() error {
		var found struct{ Complete bool }
		if h.must(200, "GET", "/incidents/"+made.ID+"/affected", nil, &found); !found.Complete {
			return errNot("not yet")
		}
		return nil
	})
	h.calls("POST", "/incidents/"+made.ID+"/decisions", object{"question": "persons", "answer": "not_notifiable", "reason": "De telefoon was leeg."}, nil)
	h.press("/incidents/"+made.ID+"/close", "/incidents/:id/close", "reason=De telefoon is terug.", "despite=Het is goed zo.")
}

func (h *hands) writeNotices() {
	w := h.world
	h.press(w.phone, "/deliveries/:id/tried", "note=Niemand nam op.")
	h.press(w.phone, "/deliveries/:id/told")
	h.pressAny(linksOf(h.t.(*testing.T), w.going+"/progress", h.owner.get(w.going+"/progress").Body), "/deliveries/:id/unreachable", "reason=Onbekend verzonden.")
	h.press(w.draft, "/notices/:id/trial")
	h.press(h.press(w.unsure+"/notices", "/incidents/:id/notices"), "/notices/:id/withdraw")
	h.press(w.draft, "/notices/:id/text", "subject_nl=Bericht over uw gegevens van deze maand")
	var n struct {
		ID, TextHash, RecipientsHash string
		Languages                    []object
	}
	h.calls("GET", w.draft, nil, &n)
	for _, l := range n.Languages {
		if l["language"] == "nl" && (l["for"] == "" || l["for"] == nil) {
			l["subject"] = "Bericht over gegevens"
			delete(l, "html")
			h.calls("PATCH", w.draft, object{"languages": []object{l}}, nil)
			break
		}
	}
	h.press(w.draft+"/approve", "/notices/:id/approve", "sender=bericht@lindehof-post.example")
	h.press(w.going+"/letters?who=all", "/notices/:id/letters/posted")
	h.press(w.question, "/questions/:id/answered", "note=Gebeld.")
}

func (h *hands) answerRequests() {
	made := func(name string) string {
		return h.press("/requests/new", "/requests/new", "kind=erasure", "name="+name, "email=onbekend@registerproef.example", "-copy")
	}
	at := made("Truus Registerproef")
	h.press(at, "/requests/:id/identity", "how=Teruggebeld.")
	h.press(at, "/requests/:id/extend", "reason=Het is veel werk.")
	h.press(at+"/erase", "/requests/:id/erase")
	h.press(h.world.request, "/requests/:id/export")
	h.press(h.world.request, "/requests/:id/copy")
	at = made("Wim Registerproef")
	h.press(at, "/requests/:id/answer", "result=refused", "ground=Dit is niet van deze persoon.")
	h.press(at, "/requests/:id/reopen", "why=Toch wel.")
	var one struct{ ID string }
	h.calls("POST", "/requests", object{"kind": "access", "name": "Bep Registerproef", "channel": "email", "received_at": h.now().UTC().Truncate(time.Second).Format(time.RFC3339), "identity_copy_came": true}, &one)
	at = "/requests/" + one.ID
	h.calls("POST", at+"/identity", object{"how": "Gebeld."}, nil)
	h.calls("POST", at+"/copy-destroyed", object{}, nil)
	h.calls("POST", at+"/extend", object{"reason": "Veel werk.", "told_at": h.now().UTC().Truncate(time.Second).Format(time.RFC3339)}, nil)
	h.calls("POST", at+"/answer", object{"result": "refused", "ground": "Niet gevonden.", "at": h.now().UTC().Truncate(time.Second).Format(time.RFC3339)}, nil)
	h.calls("POST", at+"/reopen", object{"reason": "Toch wel."}, nil)
	h.calls("POST", h.world.request+"/export", object{}, nil)
}

func (h *hands) judgeReports() {
	bodies := h.apiBodies()
	pasted := h.press("/triage/new", "/triage/new", "text=Er zou iets gelekt zijn bij een leverancier.")
	h.calls("POST", "/reports/"+last(pasted)+"/incident", bodies["POST /api/v1/reports/:id/incident"], nil)
	at := h.sends("/triage/mail", "From: Dossier Online <privacy@dossier-online.example>\r\nSubject: Beveiligingsincident\r\nDate: Mon, 2 Mar 2026 14:00:00 +0100\r\nContent-Type: text/plain\r\n\r\nVreemden lazen mee tussen 1 maart 2026 en 2 maart 2026.\r\n")
	h.press(at, "/triage/:id/told", "summary=Vreemden lazen mee.", "systems=client-file")
	h.pressAs(newCaller(h.t, h.BaseURL), h.world.reported, "/reported/:token", "measures=Alles is dicht.")
	visitor := newCaller(h.t, h.BaseURL)
	h.pressAs(visitor, h.world.reading, "/p/:code/lees", "reading_code="+h.world.code, "email="+h.world.reader)
	h.pressAs(visitor, h.world.reading, "/p/:code/lees/read")
	h.pressAs(visitor, h.world.reading, "/p/:code/lees/question", "question=Is het al dicht?")
	h.pressAs(visitor, h.world.reading, "/p/:code/lees/done")
	var open struct {
		Items []struct {
			ID         string
			AnsweredAt *string `json:"answered_at"`
		}
	}
	h.calls("GET", "/questions", nil, &open)
	for _, q := range open.Items {
		if q.AnsweredAt == nil {
			h.calls("POST", "/questions/"+q.ID+"/answered", object{"by": "phone", "note": "Gebeld."}, nil)
		}
	}
	w := h.world
	h.pressAny([]string{w.running, w.unsure, w.overdue, w.processor, w.planned, w.stopped}, "/incidents/:id/seen")
	for _, answer := range []string{"/triage/:id/incident", "/triage/:id/dismiss"} {
		h.press(h.world.report, answer, map[string][]string{"/triage/:id/dismiss": {"reason=Dit is geen datalek."}}[answer]...)
	}
}

// destroy confirms what had to be destroyed, and takes it back.
func (h *hands) destroy() {
	var tasks struct {
		Items []struct{ Month, System string }
	}
	h.calls("GET", "/retention", nil, &tasks)
	if len(tasks.Items) < 2 {
		h.t.Fatalf("%d things to destroy, want two", len(tasks.Items))
	}
	one, two := tasks.Items[0], tasks.Items[1]
	h.press("/retention/"+one.Month+"/"+one.System, "/retention/people/:client/:system/keep")
	h.press("/retention/"+one.Month+"/"+one.System, "/retention/:month/:system", "sure=yes")
	h.press("/retention", "/retention/confirmed/:id/undo")
	h.press(h.former, "/retention/people/:client/:system/gone")
	var made struct{ ID string }
	h.calls("POST", "/retention", object{"month": two.Month, "system": two.System}, &made)
	h.calls("POST", "/retention/"+made.ID+"/undo", object{}, nil)
}

// file files what a form begun on the pages holds, and begins another.
func (h *hands) file() {
	h.press(h.world.long+"/check", "/incidents/new/:draft/:step")
	draft := "/incidents/drafts" + strings.TrimPrefix(h.world.short, "/mis-sent/new")
	h.press(draft+"/drop", "/incidents/drafts/:draft/drop")
	h.pressAs(newCaller(h.t, h.BaseURL), h.world.public, "/p/:code", "text=Ik zag iets vreemds.")
	h.press("/returns", "/returns/address")
}

func (h *hands) settle() {
	h.press("/settings", "/settings", "place=Zutphen", "contact_hours=maandag van 9 tot 12")
	h.changeRules()
	h.press("/settings/account", "/settings/account", "account_name=Anna Anders")
	h.press("/settings/account", "/settings/account/password", "old_password="+h.Password, "password=een heel andere lange zin")
	h.Password = "een heel andere lange zin"
	h.press("/settings/tokens/new", "/settings/tokens/new", "name=Agenda", "scopes=incidents:read", "days=30")
	h.press("/settings/tokens", "/settings/tokens/:id/revoke")
}

// changeRules changes the practice's own rules, and then chooses others.
func (h *hands) changeRules() {
	h.t.Helper()
	h.calls("PUT", "/policy", h.apiBodies()["PUT /api/v1/policy"], nil)
	for _, f := range formsOn(h.t, "/settings/policy/edit", h.owner.get("/settings/policy/edit").Body) {
		if values := answered(f, []string{"client.hours=36", "act=preview"}); values != nil {
			preview := h.owner.post(f.action, values)
			for _, f := range formsOn(h.t, "/settings/policy/edit", preview.Body) {
				if values := answered(f, []string{"reason=Zo is het beter.", "scope=new"}); values != nil {
					r := h.owner.post(f.action, values)
					if r.Status >= 400 {
						h.t.Errorf("%s answered %d: %s", f.action, r.Status, faultsShown(r.Body))
					}
				}
			}
		}
	}
	h.press("/start", "/start", "policy=ballance")
	h.press("/settings/start", "/settings/start", "take=catalogue")
	h.press("/start/systems", "/start/systems", "pick_office=identity-copies")
}

// admit lets people in, gives them other roles, and sends them away.
func (h *hands) admit() {
	invite := func(email string) string {
		h.press("/settings/members/invite", "/settings/members/invite", "name=Cas Registerproef", "email="+email, "role=coach", "mail=yes")
		return joinLink.FindString(h.owner.get("/settings/members/invited").Body)
	}
	invite("weg@registerproef.example")
	h.press("/settings/members", "/settings/members/invitations/:id/withdraw")
	link, cas := invite("cas@registerproef.example"), newCaller(h.t, h.BaseURL)
	h.pressAs(cas, link, "/join/:practice/:secret", "account_name=Cas Registerproef", "password=een lange eerste zin")
	other := newCaller(h.t, h.BaseURL)
	other.post("/login", url.Values{"login": {"cas@registerproef.example"}, "password": {"een lange eerste zin"}})
	h.pressAs(cas, "/settings/devices", "/settings/devices/:id/end")
	other.post("/login", url.Values{"login": {"cas@registerproef.example"}, "password": {"een lange eerste zin"}})
	h.pressAs(cas, "/settings/devices", "/settings/devices/others")
	h.press("/settings/roles", "/settings/roles/coaches")
	for _, at := range linksOf(h.t.(*testing.T), "/settings/members", h.owner.get("/settings/members").Body) {
		if strings.HasPrefix(at, "/settings/members/") && strings.Contains(h.owner.get(at).Body, "Cas Registerproef") && !strings.Contains(at, "invite") {
			h.press(at, "/settings/members/:id/role", "role=standin")
			h.press("/settings/roles", "/settings/roles/approval", "four_eyes=yes")
			h.press("/settings/roles", "/settings/roles/approval", "four_eyes=no")
			h.press(at, "/settings/members/:id/remove")
			break
		}
	}
}

func (h *hands) rehearse() {
	h.press("/drills", "/drills", "playbook=lost-device")
	h.press("/drills", "/drills/leave")
	h.press("/drills", "/drills/:id/enter")
	h.press("/drills", "/drills/leave")
	h.press("/drills", "/drills/:id/enter")
	h.press("/drills", "/drills/:id/end")
	h.press(h.world.drill+"/drop", "/drills/:id/drop")
}

// lock sets up a second step, comes in with each part of it, and forgets the password.
func (h *hands) lock() {
	p := &person{visitor: newPlainReader(h.t.(*testing.T), h.BaseURL), t: h.t.(*testing.T), disturb: func() {}}
	p.logIn(h.demo)
	p.setUpApp(h.demo)
	p.open("/settings/account/security")
	codes := p.recoveryCodes()
	enter := func() {
		p.click("Uitloggen")
		p.fill("E-mailadres", h.Login)
		p.fill("Wachtwoord", h.Password)
		p.click("Log in")
	}
	h.pass(time.Minute)
	enter()
	p.secondStep(h.demo)
	enter()
	p.click("Gebruik een herstelcode")
	p.fill("Herstelcode", codes[0])
	p.click("Log in")
	h.pass(time.Minute)
	forgotten := newCaller(h.t, h.BaseURL)
	h.pressAs(forgotten, "/login/forgotten", "/login/forgotten", "login="+h.Login, "recovery="+codes[1], "code="+p.code(h.demo), "password=een derde heel lange zin")
}
