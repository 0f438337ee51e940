package playbooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// preliminaryFile holds what is said beside a text's own words.
const preliminaryFile = "preliminary"

// addition is what the templates of that file see.
type addition struct {
	facts
	At string // by when readers hear more
}

// Promised returns the texts with one more paragraph, that readers hear more by
// the given time. It stands before the signature, in edited texts too.
func (b *Book) Promised(p registry.Practice, audience incidents.Audience, texts []incidents.Text, at time.Time) ([]incidents.Text, error) {
	return b.added(p, audience, texts, at, false)
}

// added returns the texts with a promise, and as first messages when early.
func (b *Book) added(p registry.Practice, audience incidents.Audience, texts []incidents.Text, at time.Time, early bool) ([]incidents.Text, error) {
	zone, err := p.Zone()
	if err != nil {
		return nil, fmt.Errorf("practice time zone: %w", err)
	}
	out := slices.Clone(texts)
	for i := range out {
		language := out[i].Language
		set, written := b.sets[language][generic]
		if !written {
			continue
		}
		say := wordsOf{set: set}
		data := addition{facts: facts{language: language, practice: p, audience: audience, zone: zone, reader: out[i].For}, At: Instant(at, zone, language)}
		if early {
			out[i].Body = afterSalutation(out[i].Body, say.say("preliminary", data))
		}
		if !at.IsZero() {
			out[i].Body = beforeSignature(out[i].Body, say.say("promised", data), say.say("signature", data))
		}
		if say.err != nil {
			return nil, fmt.Errorf("say when readers hear more: %w", say.err)
		}
	}
	return out, nil
}

// afterSalutation puts a paragraph behind the salutation, or first in a body
// without one.
func afterSalutation(body, paragraph string) string {
	list := paragraphs(body)
	at := 0
	if len(list) > 0 && strings.HasSuffix(strings.TrimSpace(list[0]), ",") {
		at = 1
	}
	return joined(slices.Insert(list, at, oneLine(paragraph)))
}

// beforeSignature puts a paragraph before the signature, or last in a body that
// ends otherwise.
func beforeSignature(body, paragraph, signature string) string {
	list := paragraphs(body)
	opening, _, _ := strings.Cut(strings.TrimSpace(signature), "\n")
	opening = strings.TrimSpace(strings.TrimSuffix(opening, `\`))
	at := len(list)
	if at > 0 && strings.HasPrefix(strings.TrimSpace(list[at-1]), opening) {
		at--
	}
	return joined(slices.Insert(list, at, oneLine(paragraph)))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func paragraphs(body string) []string {
	return strings.Split(strings.Trim(strings.ReplaceAll(body, "\r\n", "\n"), "\n"), "\n\n")
}

func joined(paragraphs []string) string { return strings.Join(paragraphs, "\n\n") + "\n" }

// Going is one notice that goes by itself when nobody decides: exactly its words
// and readers.
type Going struct {
	// Notice is the draft that it is made of; Stored says whether it is kept already.
	Notice     *incidents.Notice
	Stored     bool
	Texts      []incidents.Text
	Recipients []incidents.Recipiency
}

// Preliminary returns what goes by itself as things stand at now: the present
// draft for clients and that for parents, with what is known, and as the first
// message that each is. A draft that nobody edited is written anew from the
// facts. newID gives the id of a draft still to be made, by how many notices
// the audience has.
func (b *Book) Preliminary(ctx context.Context, store draftStore, p registry.Practice, inc *incidents.Incident, now time.Time,
	newID func(audience incidents.Audience, number int) string) ([]Going, error) {
	if inc.Assessment.Done == 0 {
		return nil, nil // nobody is found yet
	}
	notices, err := allNotices(ctx, store, inc)
	if err != nil {
		return nil, err
	}
	planned, _ := inc.PreliminaryAt()
	if now.Before(planned) {
		now = planned
	}
	var out []Going
	for _, audience := range incidents.PreliminaryAudiences() {
		g, err := b.draftFor(ctx, store, p, inc, audience, notices, now, newID)
		if err == nil && g.Notice != nil {
			err = b.fill(ctx, store, p, inc, &g, inc.PreliminaryUpdate(now))
		}
		if err != nil {
			return nil, fmt.Errorf("preliminary notice for %s: %w", audience, err)
		}
		if len(g.Recipients) > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

func allNotices(ctx context.Context, store draftStore, inc *incidents.Incident) ([]*incidents.Notice, error) {
	const page = 100
	var all []*incidents.Notice
	for after := ""; ; {
		list, err := store.NoticesOf(ctx, inc.PracticeID, inc.ID, after, page)
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		if all = append(all, list...); len(list) < page {
			return all, nil
		}
		after = list[len(list)-1].ID
	}
}

// draftFor returns the newest draft for an audience, or makes one. It has no
// notice when one went by itself already, or when nobody would read it.
func (b *Book) draftFor(ctx context.Context, store draftStore, p registry.Practice, inc *incidents.Incident, audience incidents.Audience,
	notices []*incidents.Notice, now time.Time, newID func(incidents.Audience, int) string) (Going, error) {
	var draft *incidents.Notice
	number := 0
	for _, n := range notices {
		switch {
		case n.Audience != audience:
			continue
		case n.Approved() && n.ByPolicy():
			return Going{}, nil
		case n.State == incidents.NoticeIsDraft && (draft == nil || n.CreatedAt.After(draft.CreatedAt)):
			draft = n
		}
		number++
	}
	if draft != nil {
		return Going{Notice: draft, Stored: true}, nil
	}
	found := *inc // at the deadline those found so far are told
	found.Assessment.Wanted, found.Assessment.Stale = found.Assessment.Done, false
	n, err := b.Draft(ctx, store, p, &found, audience, newID(audience, number), now, incidents.ByPolicy())
	if errors.Is(err, fault.Invalid) || err == nil && n.Again {
		return Going{}, nil
	}
	return Going{Notice: n}, err
}

// fill finds the readers and writes the words.
func (b *Book) fill(ctx context.Context, store draftStore, p registry.Practice, inc *incidents.Incident, g *Going, update time.Time) error {
	renewal, err := b.Renew(ctx, store, p, inc, g.Notice)
	if err != nil {
		return err
	}
	g.Recipients = renewal.Recipients
	texts := append(slices.Clone(g.Notice.Texts), renewal.Texts...)
	if !g.Notice.Edited {
		held, err := heldThere(ctx, store, inc)
		if err != nil {
			return err
		}
		voices := make([]incidents.Voice, len(texts))
		for i, t := range texts {
			voices[i] = t.Voice()
		}
		if texts, err = b.texts(p, inc, g.Notice.Audience, voices, sight{held: held, readers: g.Recipients}); err != nil {
			return err
		}
	}
	g.Texts, err = b.added(p, g.Notice.Audience, texts, update, true)
	return err
}
