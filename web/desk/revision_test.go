package desk_test

import (
	"net/url"
	"testing"

	"datalek/web/webtest"
)

func TestTheTimelineSaysWhatAFactWasAndIsNow(t *testing.T) {
	r := newRig(t)
	form := factsForm(r.stored())
	form.Set("summary", "Iemand las alles.")
	form["categories"] = []string{"contact", "name"}
	form.Set("unintelligible", "yes")
	r.post(r.at("/facts"), form)
	r.post(r.at("/whose"), url.Values{"role": {"joint"}, "controller": {"Gemeente"}})
	_, body := r.get(r.at(""))
	webtest.Wants(t, body, "Welke soorten gegevens: was ", "In eigen woorden: was “=Iemand &lt;script&gt;las&lt;/script&gt; mee.”, is nu “Iemand las alles.”",
		"De andere organisatie: was niet ingevuld, is nu “Gemeente”")
}
