package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func upkeepTests() []test {
	return []test{
		{"a setting is written only over the version that was read", settingGuarded},
		{"of writers of one setting one wins", settingsRaced},
		{"settings are listed by prefix and removed by version", settingsListed},
		{"sessions, idempotency keys and drafts expire, others stay", expires},
		{"a sound store answers and passes its checks", soundStore},
		{"a cancelled caller gets an error from every method and changes nothing", cancelledEverywhere},
	}
}

func settingGuarded(ctx context.Context, t *testing.T, s Store) {
	read := func(key string) (string, int64) {
		t.Helper()
		value, version, err := s.Setting(ctx, key)
		ok(t, "read setting", err)
		return string(value), version
	}
	value, version := read("keeper")
	same(t, "no value", "", value)
	same(t, "no version", int64(0), version)
	refused(t, "write over a version that is not there", s.PutSetting(ctx, "keeper", []byte("x"), 1), fault.Conflict)
	ok(t, "write first", s.PutSetting(ctx, "keeper", []byte("one\x00"), 0))
	value, first := read("keeper")
	same(t, "first value", "one\x00", value)
	refused(t, "write first again", s.PutSetting(ctx, "keeper", []byte("x"), 0), fault.Conflict)
	ok(t, "write second", s.PutSetting(ctx, "keeper", []byte("two"), first))
	value, second := read("keeper")
	same(t, "second value", "two", value)
	if second <= first || first == 0 {
		t.Errorf("versions %d and %d; each write must raise it from 0", first, second)
	}
	refused(t, "write over the first", s.PutSetting(ctx, "keeper", []byte("x"), first), fault.Conflict)
	value, _ = read("keeper")
	same(t, "value after refusals", "two", value)
	value, version = read("other")
	same(t, "another key", "0", value+string(rune('0'+version)))
}

func settingsListed(ctx context.Context, t *testing.T, s Store) {
	for _, key := range []string{"mail/pause/b", "mail/pause/a", "mail/pausf", "mail/pause", "mail/pause/c", "z"} {
		ok(t, "write "+key, s.PutSetting(ctx, key, []byte(key), 0))
	}
	list := func(prefix string, limit int) []string {
		t.Helper()
		return answered[[]string](t, "list "+prefix)(s.SettingKeys(ctx, prefix, limit))
	}
	same(t, "keys below a prefix", []string{"mail/pause/a", "mail/pause/b", "mail/pause/c"}, list("mail/pause/", 10))
	same(t, "at most two", []string{"mail/pause/a", "mail/pause/b"}, list("mail/pause/", 2))
	same(t, "keys below no prefix there is", 0, len(list("mail/pauze/", 10)))
	_, version, err := s.Setting(ctx, "mail/pause/b")
	ok(t, "read", err)
	refused(t, "remove another version", s.RemoveSetting(ctx, "mail/pause/b", version+1), fault.Conflict)
	ok(t, "remove", s.RemoveSetting(ctx, "mail/pause/b", version))
	refused(t, "remove what is gone", s.RemoveSetting(ctx, "mail/pause/b", version), fault.Conflict)
	same(t, "keys without the removed one", []string{"mail/pause/a", "mail/pause/c"}, list("mail/pause/", 10))
	_, version, err = s.Setting(ctx, "mail/pause/b")
	ok(t, "read what is gone", err)
	same(t, "no version", int64(0), version)
	ok(t, "write it anew", s.PutSetting(ctx, "mail/pause/b", []byte("b"), 0))
}

func settingsRaced(ctx context.Context, t *testing.T, s Store) {
	ok(t, "write first", s.PutSetting(ctx, "keeper", []byte("start"), 0))
	_, version, err := s.Setting(ctx, "keeper")
	ok(t, "read", err)
	var mu sync.Mutex
	winners := 0
	race(writers, func(worker int) {
		err := s.PutSetting(ctx, "keeper", []byte{byte(worker)}, version)
		fresh := s.PutSetting(ctx, "new", []byte{byte(worker)}, 0)
		mu.Lock()
		defer mu.Unlock()
		for _, err := range []error{err, fresh} {
			if err == nil {
				winners++
			} else {
				refused(t, "a lost race", err, fault.Conflict)
			}
		}
	})
	same(t, "writers that won, one for each key", 2, winners)
}

func expires(ctx context.Context, t *testing.T, s Store) {
	now := at(0)
	ok(t, "save", s.SaveSession(ctx, "old", []byte("x"), now.Add(-time.Minute)))
	ok(t, "save", s.SaveSession(ctx, "young", []byte("y"), now.Add(time.Minute)))
	requestKept(ctx, t, s, "old", now.Add(-24*time.Hour-time.Minute))
	requestKept(ctx, t, s, "young", now.Add(-24*time.Hour+time.Minute))
	saveDraft(ctx, t, s, draftOf(anna, "old", now.Add(-30*24*time.Hour-time.Minute)))
	saveDraft(ctx, t, s, draftOf(anna, "young", now.Add(-30*24*time.Hour+time.Minute)))
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", now.Add(-400*24*time.Hour)))

	ok(t, "expire", s.Expire(ctx, now))
	session(ctx, t, s, "old", -120, "", false) // asked for a time at which it was alive: it is gone
	session(ctx, t, s, "young", 0, "y", true)
	same(t, "the old key is known", false, requestKept(ctx, t, s, "old", now))
	same(t, "the young key is known", true, requestKept(ctx, t, s, "young", now))
	list := answered[[]incidents.Draft](t, "drafts")(s.Drafts(ctx, anna, "user-1", 10))
	same(t, "drafts", []string{"young"}, mapped(list, func(d incidents.Draft) string { return d.ID }))
	answered[*incidents.Incident](t, "an old case stays")(s.Incident(ctx, anna, "incident-1"))
}

func soundStore(ctx context.Context, t *testing.T, s Store) {
	ok(t, "ping", s.Ping(ctx))
	ok(t, "check an empty store", s.Check(ctx, true))
	fill(ctx, t, s, anna)
	ok(t, "quick check", s.Check(ctx, false))
	ok(t, "full check", s.Check(ctx, true))
}

func cancelledEverywhere(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	before := everything(ctx, t, s, w)
	over := cancelled(ctx)
	for _, c := range calls() {
		if _, err := c.do(over, s, anna, w); err == nil {
			t.Errorf("%s answers a cancelled caller without an error", c.name)
		}
	}
	same(t, "what is stored", before, everything(ctx, t, s, w))
}
