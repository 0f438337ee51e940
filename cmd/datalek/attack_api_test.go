package main_test

import (
	"strings"
	"time"
)

// apiBodies are good bodies for every call of the API that takes one.
func (g *grounds) apiBodies() map[string]any {
	now := g.now().UTC().Truncate(time.Second)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	client := object{"id": "x", "external_id": "A-1", "name": "Aanval Een", "email": "aanval@voorbeeld.example", "phone": "06 00000000", "postal_address": "Straat 1", "language": "nl", "relation": "client",
		"birth_year": 1980, "guardians": []any{"V-058"}, "guardians_agreed": false, "shared_mail_agreed": false, "channel": "email", "openpgp_key": "x", "coach": "x",
		"guidance": []any{object{"from": "2025-03-01", "until": "2025-04-01"}},
		"holdings": []any{object{"system": "mailbox", "categories": []any{"name"}, "identifiability": "identified", "key_system": "key-list", "from": ago(99), "until": ago(9), "destroyed_at": ago(9)}}}
	incident := func() object {
		return object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "occurred_from": ago(9), "occurred_until": ago(8), "occurred_approx": true, "discovered_at": ago(3),
			"discovered_how": "Gezien.", "aware_at": ago(2), "aware_basis": "Vreemde mail.", "systems": []any{"mailbox"}, "categories": []any{"name"}, "breach_kinds": []any{"confidentiality"},
			"subjects": object{"all": false, "emails": []any{"iemand@voorbeeld.example"}, "external_ids": []any{"V-001"}}, "recipients": []any{object{"email": "fout@voorbeeld.example", "kind": "known"}},
			"unintelligible": "no", "measures_taken": "x", "measures_planned": "x", "consequences": "x", "role": "controller", "reason": "Beter.", "version": nil}
	}
	bodies := map[string]any{
		"POST /systems":                    object{"id": "aanval", "name": "Aanval", "processor": "dossier-online", "services": []any{"mail"}, "categories": []any{"name"}, "identifiability": "identified", "encrypted_at_rest": nil},
		"POST /processors":                 object{"id": "aanval", "name": "Aanval", "contract_hours": 24, "webhook_url": "x", "webhook_secret": "x"},
		"POST /clients":                    client,
		"POST /clients/import":             "nummer;naam\nA-2;Aanval Twee\n",
		"POST /incidents":                  incident(),
		"PATCH /incidents/:id":             incident(),
		"POST /incidents/:id/decisions":    object{"question": "persons", "answer": "notify", "reason": "Ja."},
		"POST /incidents/:id/controller":   object{"at": ago(1), "by": "phone", "to": "Gemeente", "note": "x"},
		"POST /incidents/:id/close":        object{"reason": "Klaar."},
		"POST /incidents/:id/affected":     object{"external_id": "V-050", "include": true, "reason": "Toch."},
		"POST /incidents/:id/filings":      object{"authority": "AP", "kind": "new", "complete": false, "filed_at": ago(1), "reference": "AP-1", "late_reason": "x"},
		"POST /incidents/:id/notices":      object{"audience": "public"},
		"PATCH /notices/:id":               object{"languages": []any{object{"language": "nl", "subject": "Bericht", "text": "Goedendag.", "html": "x"}}, "version": nil},
		"POST /notices/:id/approve":        object{"text_hash": "x", "recipients_hash": "x", "sender": "bericht@lindehof-post.example", "access_closed_at": ago(1)},
		"POST /deliveries/:id/told":        object{"by": "phone", "at": ago(0), "note": "x"},
		"POST /deliveries/:id/unreachable": object{"reason": "Weg."},
		"POST /reports/:id/incident":       incident(),
	}
	all := map[string]any{}
	for call, body := range bodies {
		all[strings.Replace(call, " ", " /api/v1", 1)] = body
	}
	return all
}
