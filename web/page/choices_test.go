package page_test

import (
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/templates"

	"datalek/web/assets"
)

func TestEveryChoiceHasWordsInBothLanguages(t *testing.T) {
	site, err := page.NewWith(page.Options{Store: &memory{}, Now: now}, templates.Files, locales.Files, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string][]string{}
	add := func(list string, values ...string) { keys[list] = append(keys[list], values...) }
	for _, v := range registry.Categories() {
		add("category", string(v))
	}
	for _, v := range registry.Relations() {
		add("relation", string(v))
	}
	for _, v := range incidents.Audiences() {
		add("audience", string(v))
	}
	for _, v := range incidents.Groups() {
		add("group", string(v))
	}
	add("breach_kind", "confidentiality", "integrity", "availability")
	add("unintelligible", "yes", "partly", "no", "unknown")
	add("role", "controller", "processor", "joint")
	add("recipient", "trusted", "known", "unknown")
	add("identifiability", "identified", "pseudonymised", "anonymous")
	for _, lang := range page.Languages() {
		for list, values := range keys {
			for _, value := range values {
				if _, found := site.Words().Lookup(lang, "choice."+list+"."+value); !found {
					t.Errorf("%s has no words for %s %s", lang, list, value)
				}
			}
		}
	}
}

func TestEveryReasonHasWordsInBothLanguages(t *testing.T) {
	site, err := page.NewWith(page.Options{Store: &memory{}, Now: now}, templates.Files, locales.Files, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	codes := []incidents.ReasonCode{incidents.ReasonHeld, incidents.ReasonSystemsUnknown, incidents.ReasonWindowUnknown, incidents.ReasonSinceUnknown,
		incidents.ReasonKeySystemUnknown, incidents.ReasonEntriesCleared, incidents.ReasonOverdueNotGone, incidents.ReasonKeyHitToo, incidents.ReasonChosen, incidents.ReasonUnmatched,
		incidents.ReasonAdded, incidents.ReasonNotChosen, incidents.ReasonRemoved, incidents.ReasonNoHoldings, incidents.ReasonSystemNotHit,
		incidents.ReasonDestroyed, incidents.ReasonHeldLater, incidents.ReasonOtherData, incidents.ReasonAnonymous, incidents.ReasonPseudonymSafe,
		incidents.ReasonByRule, incidents.ReasonByException, incidents.ReasonNotKept, incidents.ReasonWithout,
		incidents.ReasonInGuidance, incidents.ReasonGuidanceEnded, incidents.ReasonNeverGuided}
	for _, lang := range page.Languages() {
		for _, code := range codes {
			if got := site.Words().Reason(lang, incidents.Reason{Code: code}, "Postvak", zone(t, "Europe/Amsterdam")); got == "reason."+string(code) {
				t.Errorf("%s has no words for %s", lang, code)
			}
		}
		for _, code := range risk.Codes() {
			text := site.Words().RiskReason(lang, risk.Reason{Code: code, Category: registry.NationalNumber})
			if text == "risk.reason."+string(code) || strings.Contains(text, "bSN") {
				t.Errorf("%s has no good words for %s: %s", lang, code, text)
			}
		}
	}
}
