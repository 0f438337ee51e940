package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"datalek/incidents/casefile"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/services/contract"
)

// verifyCmd checks the registers: of every practice in the store, in a file, or of
// a running server.
type verifyCmd struct {
	storeFlags
	File      string    `arg:"" optional:"" help:"An exported register, or the file of a case, to check instead of the store."`
	Practice  tenant.ID `help:"Check this practice only." placeholder:"ID"`
	Entry     int64     `help:"Prove that this entry stands in the register." placeholder:"NUMBER"`
	Head      []string  `help:"A published head, or the mail that brought it: prove that the register grew from it. May be given several times." placeholder:"FILE" sep:"none"`
	Key       string    `help:"Key that checks published heads, as 'datalek register key' prints it; else the store's, or the file's own." placeholder:"KEY"`
	URL       string    `name:"url" help:"Check the register of a running server, with an API token." placeholder:"URL"`
	TokenFile string    `name:"token-file" help:"File with the API token." placeholder:"FILE"`
}

// Run says of every register that it is whole, or what is wrong with which entry.
func (v *verifyCmd) Run(ctx context.Context, t *terminal) error {
	if v.URL != "" {
		return v.remote(ctx, t)
	}
	if v.File != "" {
		file, err := os.Open(v.File)
		if err != nil {
			return fmt.Errorf("read the register: %w", err)
		}
		return errors.Join(v.file(t, file), file.Close())
	}
	store, err := openStore(ctx, v.storeFlags, t.log())
	if err != nil {
		return err
	}
	return errors.Join(v.all(ctx, t, store), store.Close())
}

// file checks an exported register, or the file of a case.
func (v *verifyCmd) file(t *terminal, file *os.File) error {
	head := make([]byte, 4)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the file: %w", err)
	}
	if !casefile.Is(head[:n]) {
		return v.stream(t, file)
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	return checkCaseFile(t, file, info.Size(), v.Key)
}

func (v *verifyCmd) all(ctx context.Context, t *terminal, store contract.Store) error {
	if v.Practice != "" {
		return v.stored(ctx, t, store, v.Practice)
	}
	if v.Entry != 0 || len(v.Head) > 0 {
		practice, err := onePractice(ctx, store, "")
		if err != nil {
			return err
		}
		return v.stored(ctx, t, store, practice)
	}
	var faults error
	err := eachPractice(ctx, store, func(id tenant.ID) error {
		faults = errors.Join(faults, v.stored(ctx, t, store, id))
		return ctx.Err()
	})
	return errors.Join(faults, err)
}

// eachPractice visits the practices that somebody answers for, by id.
func eachPractice(ctx context.Context, store contract.Store, visit func(id tenant.ID) error) error {
	after := ""
	for {
		practices, err := store.Practices(ctx, after, 200)
		if err != nil || len(practices) == 0 {
			return err
		}
		for _, p := range practices {
			if p.IsDrill() {
				continue // no register that anybody answers for
			}
			if err := visit(p.ID); err != nil {
				return err
			}
		}
		after = string(practices[len(practices)-1].ID)
	}
}

// stored checks one practice's register in the store.
func (v *verifyCmd) stored(ctx context.Context, t *terminal, store contract.Store, practice tenant.ID) error {
	const page = 500
	audit := register.NewAudit(practice)
	for after := int64(0); ; {
		rows, err := store.EntryRows(ctx, practice, after, page)
		if err != nil {
			return fmt.Errorf("practice %s: read the register: %w", practice, err)
		}
		audit.Add(rows...)
		if len(rows) < page {
			break
		}
		after = rows[len(rows)-1].Seq
	}
	var heads []register.SignedHead
	for {
		more, err := store.TreeHeads(ctx, practice, int64(len(heads)), page)
		if err != nil {
			return fmt.Errorf("practice %s: read its published heads: %w", practice, err)
		}
		heads = append(heads, more...)
		if len(more) < page {
			break
		}
	}
	key, err := readHeadKey(ctx, store)
	if err != nil {
		return err
	}
	return v.judge(t, practice, key.Verifier, audit, heads)
}

// remote checks the register of a running server.
func (v *verifyCmd) remote(ctx context.Context, t *terminal) error {
	token, err := secret(v.TokenFile)
	if err != nil {
		return err
	}
	const patience = 5 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(v.URL, "/")+"/api/v1/register/export", nil)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("the server answered %d", answer.StatusCode), answer.Body.Close())
	}
	return errors.Join(v.stream(t, answer.Body), answer.Body.Close())
}

// stream checks an exported register.
func (v *verifyCmd) stream(t *terminal, in io.Reader) error {
	file, err := register.ReadFile(in)
	if err != nil {
		return err
	}
	if v.Practice != "" && v.Practice != file.Practice {
		return fmt.Errorf("this is the register of practice %s", file.Practice)
	}
	if v.Key == "" && len(file.Heads) > 0 {
		t.printf("heads are checked by the file's own key %s; compare it with the one you know, or give it by --key\n", file.Key)
	}
	return v.judge(t, file.Practice, file.Key, file.Audit, file.Heads)
}

// judge checks the heads and tells what was found.
func (v *verifyCmd) judge(t *terminal, practice tenant.ID, key string, audit *register.Audit, heads []register.SignedHead) error {
	if v.Key != "" {
		key = v.Key
	}
	open := func(string) (register.TreeHead, error) {
		return register.TreeHead{}, errors.New("there is no key to check it with")
	}
	if key != "" {
		verifier, err := register.NewHeadVerifier(key)
		if err != nil {
			return err
		}
		open = verifier.Open
	}
	audit.CheckHeads(heads, open)
	given, err := v.given(audit, open)
	if err != nil {
		return fmt.Errorf("practice %s: %w", practice, err)
	}
	if found, more := audit.Findings(); len(found) > 0 {
		return told(practice, found, more)
	}
	t.printf("practice %s: %d entries, chain whole, head %s\n", practice, audit.Size(), audit.Head().Hash)
	return v.prove(t, practice, audit, heads, given)
}

// given reads the heads that were named, and compares them from small to large: so
// a difference lies between the last that agrees and the first that does not.
func (v *verifyCmd) given(audit *register.Audit, open func(string) (register.TreeHead, error)) ([]register.TreeHead, error) {
	var heads []register.TreeHead
	for _, name := range v.Head {
		raw, err := os.ReadFile(name) // #nosec G304 -- the operator names the file
		if err != nil {
			return nil, fmt.Errorf("read the head: %w", err)
		}
		head, err := open(mailText(raw))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		heads = append(heads, head)
	}
	slices.SortFunc(heads, func(a, b register.TreeHead) int { return cmp.Compare(a.Size, b.Size) })
	var good int64
	for _, h := range heads {
		if audit.Compare(good, h) {
			good = h.Size
		}
	}
	return heads, nil
}

func told(practice tenant.ID, found []register.Finding, more int) error {
	lines := make([]string, 0, len(found)+1)
	for _, f := range found {
		lines = append(lines, fmt.Sprintf("practice %s: register %s", practice, f))
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("practice %s: and %d faults more", practice, more))
	}
	return errors.New(strings.Join(lines, "\n"))
}
