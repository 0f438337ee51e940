package playbooks_test

import (
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

func TestATextTellsItsReaderOfHisCodeInHisLanguage(t *testing.T) {
	formal := registry.Practice{Policy: registry.Policy{Formal: true}}
	const address = "https://praktijk.example/p/x/lees"
	for _, tt := range []struct {
		language, want string
		p              registry.Practice
	}{
		{"nl", "Wilt u dit bericht later", formal},
		{"nl", "Wil je dit bericht later", registry.Practice{}},
		{"en", "Do you want to read this message again", formal},
		{"fr", "Voulez-vous relire ce message", formal},
		{"de", "Möchten Sie diese Nachricht", formal},
		{"pl", "Do you want to read this message again", formal},
	} {
		t.Run(tt.language+" "+tt.want, func(t *testing.T) {
			told := playbooks.WithReading(incidents.Text{Language: tt.language, Subject: "S", Body: "Words.\n"}, tt.p, address)
			text, html := playbooks.FillCode(told.Body, "0123456789"), playbooks.FillCode(playbooks.HTML(told), "0123456789")
			for form, got := range map[string]string{"text": text, "HTML": html} {
				if !strings.Contains(got, tt.want) || strings.Count(got, "01234-56789") != 1 || strings.Count(got, address) != 1 || strings.Contains(got, playbooks.CodeMark) {
					t.Errorf("the %s form reads:\n%s", form, got)
				}
			}
			if strings.Contains(html, `tel:0123456789`) || strings.Contains(html, `href="http`) {
				t.Error("the code or the address became a link")
			}
		})
	}
	plain := incidents.Text{Language: "nl", Body: "Words.\n"}
	if got := playbooks.WithReading(plain, formal, ""); got != plain {
		t.Errorf("without a page the text became %q", got.Body)
	}
}
