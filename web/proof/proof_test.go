package proof_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/web/account"
	"datalek/web/page"
	"datalek/web/proof"
	"datalek/web/webtest"
)

// rig is the page over the real store, with Anna logged in to practice p1.
type rig struct {
	*webtest.World
	t       *testing.T
	visitor *webtest.Visitor
	signer  *register.HeadSigner
	key     string
	head    register.Head
	area    *proof.Area
}

func newRig(t *testing.T) *rig {
	t.Helper()
	secret, key, err := register.NewHeadKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := register.NewHeadSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t, signer: signer, key: key}
	r.Open(r.NewPractice("p1"), "anna")
	r.area = proof.New(proof.Options{Store: r.Store, Key: key, Now: r.Now})
	t.Cleanup(func() { r.Must(r.area.Stop(context.Background())) })
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	r.visitor = webtest.NewVisitor(t, r.Serve(page.Options{}, accounts, r.area))
	r.visitor.LogIn("anna", "p1")
	return r
}

// enter adds entries to the register.
func (r *rig) enter(n int) {
	r.t.Helper()
	for range n {
		e := register.Next(r.head, register.Event{ID: fmt.Sprint("e", r.head.Seq+1), PracticeID: "p1", Kind: incidents.NoticeSent, At: r.Now(), Actor: incidents.System()}, "")
		r.Must(r.Store.AppendEntries(r.t.Context(), "p1", []register.Entry{e}))
		r.head = e.Head()
	}
}

// sign returns a signed head over the register as it is, or bent.
func (r *rig) sign(bend func(*register.TreeHead)) (register.TreeHead, string) {
	r.t.Helper()
	branches := register.Branches(func(seqs []int64) (map[int64][]register.Hash, error) {
		return r.Store.Branches(r.t.Context(), "p1", seqs)
	})
	root, err := branches.Root(r.head.Seq)
	r.Must(err)
	h := register.TreeHead{Practice: "p1", Size: r.head.Seq, Root: root, At: r.Now()}
	if bend != nil {
		bend(&h)
	}
	text, err := r.signer.Sign(h)
	r.Must(err)
	return h, text
}

func (r *rig) says(path string, form url.Values, status int, words ...string) {
	r.t.Helper()
	res, body := r.visitor.Get(path).AndBody()
	if form != nil {
		res, body = r.visitor.Post(path, form).AndBody()
	}
	if res.StatusCode != status {
		r.t.Errorf("%s = %d, want %d", path, res.StatusCode, status)
	}
	for _, w := range words {
		if !strings.Contains(body, w) {
			r.t.Errorf("%s does not say %q", path, w)
		}
	}
}

func TestThePageChecksTheRegisterAgainstAFingerprint(t *testing.T) {
	r := newRig(t)
	r.says("/register/check", nil, http.StatusOK, "Er is er nog geen", "datalek-")
	r.enter(4)
	head, text := r.sign(nil)
	r.Must(r.Store.AddTreeHead(t.Context(), register.SignedHead{Number: 1, TreeHead: head, Note: text}))
	r.enter(3)
	r.says("/register/check", nil, http.StatusOK, "4 regels", "datalek-")
	r.says("/register/check", url.Values{"fingerprint": {""}}, http.StatusOK, "Het register klopt", "Regels: 7", "Vingerafdrukken die kloppen: 1")
	r.says("/register/check", url.Values{"fingerprint": {"Beste Anna,\r\n> " + strings.ReplaceAll(text, "\n", "\r\n> ")}}, http.StatusOK, "Het past ook bij uw vingerafdruk", "4 regels")
	_, cut := r.sign(func(h *register.TreeHead) { h.Size = 9 })
	r.says("/register/check", url.Values{"fingerprint": {cut}}, http.StatusOK, "Het register klopt niet", "De regels 8 tot en met 9 zijn weg.")
	_, changed := r.sign(func(h *register.TreeHead) { h.Root[3]++ })
	r.says("/register/check", url.Values{"fingerprint": {changed}}, http.StatusOK, "Van de regels 1 tot en met 7 is er minstens één veranderd.")
	_, other := r.sign(func(h *register.TreeHead) { h.Practice = "p2" })
	r.says("/register/check", url.Values{"fingerprint": {other}}, http.StatusOK, "Een bewaarde vingerafdruk is weg of veranderd.")
	r.says("/register/check", url.Values{"fingerprint": {"zomaar wat"}}, http.StatusUnprocessableEntity, "Hier staat geen vingerafdruk")
	r.says("/register/check", url.Values{"fingerprint": {strings.Replace(text, "\n4\n", "\n3\n", 1)}}, http.StatusUnprocessableEntity, "Hier staat geen vingerafdruk")
}

func TestALargeRegisterIsCheckedOnItsOwnAndThePageTellsHowFarItIs(t *testing.T) {
	r := newRig(t)
	list := make([]register.Entry, 0, 500)
	for n := range 100_000 {
		e := register.Next(r.head, register.Event{ID: fmt.Sprint("e", n), PracticeID: "p1", Kind: incidents.NoticeSent, At: r.Now(), Actor: incidents.System()}, "")
		if list, r.head = append(list, e), e.Head(); len(list) == cap(list) {
			r.Must(r.Store.AppendEntries(t.Context(), "p1", list))
			list = list[:0]
		}
	}
	if answer, _ := r.visitor.Post("/register/check", url.Values{"fingerprint": {""}}).AndBody(); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("it answers %d", answer.StatusCode)
	}
	r.says("/register/check", nil, http.StatusOK, "Het register wordt gecontroleerd", "van de 100")
	r.says("/register/check", url.Values{"fingerprint": {""}}, http.StatusConflict, "Er loopt al een controle")
	deadline := time.Now().Add(time.Minute)
	for {
		_, body := r.visitor.Get("/register/check").AndBody()
		if strings.Contains(body, "Het register klopt") {
			break
		}
		time.Sleep(50 * time.Millisecond)
		if time.Now().After(deadline) {
			t.Fatal("the check does not end")
		}
	}
	r.says("/register/check", nil, http.StatusOK, "Regels: 100000.")
}
