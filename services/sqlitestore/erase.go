package sqlitestore

import (
	"context"
	"errors"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// ErasePractice removes all rows of a practice but the mark in the place of its
// keys, and the accounts that belong to no other practice. What is removed is
// overwritten in the file. It may be called again after it was cut off.
func (s *Store) ErasePractice(ctx context.Context, practice tenant.ID, now time.Time) error {
	const step = "erase practice"
	if err := s.mayErase(ctx, practice, now); err != nil {
		return failed(step, err)
	}
	if err := s.eraseMembers(ctx, practice); err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		if err := t.fold(); err != nil {
			return err
		}
		for _, table := range sealedTables() {
			if table.of == ofHost {
				continue
			}
			if err := t.exec(`DELETE FROM `+table.name+` WHERE `+table.of, practice); err != nil {
				return err
			}
		}
		if err := t.exec(`DELETE FROM tree_heads WHERE practice_id = ?`, practice); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM looks WHERE practice_id = ?`, practice); err != nil {
			return err
		}
		return t.exec(`DELETE FROM counters WHERE practice_id = ?`, practice)
	})
}

// mayErase refuses while a case of the practice must be kept. A drill is made up, and
// of a practice whose keys are gone nothing can be read that could be kept.
func (s *Store) mayErase(ctx context.Context, practice tenant.ID, now time.Time) error {
	p, err := s.Practice(ctx, practice)
	if errors.Is(err, fault.NotFound) || err == nil && p.IsDrill() {
		return nil
	}
	if err == nil {
		_, err = incidents.MayDestroy(ctx, s, practice, now)
	}
	return err
}

// eraseMembers removes the accounts that belong to this practice alone, and the
// membership of the others.
func (s *Store) eraseMembers(ctx context.Context, practice tenant.ID) error {
	if err := s.write(ctx, "erase events of accounts", func(t *tx) error { return t.forget(practice) }); err != nil {
		return err
	}
	all, err := many(ctx, s, `SELECT doc FROM users ORDER BY id`, nil, doc[record.User])
	if err != nil {
		return err
	}
	for _, r := range all {
		here := func(m record.Membership) bool { return m.PracticeID == practice }
		if !slices.ContainsFunc(r.Memberships, here) {
			continue
		}
		if len(r.Memberships) == 1 {
			if err := s.eraseAccount(ctx, r.ID); err != nil {
				return err
			}
			continue
		}
		_, err := s.UpdateUser(ctx, r.ID, func(u *registry.User) error {
			u.Memberships = slices.DeleteFunc(u.Memberships, func(m registry.Membership) bool { return m.PracticeID == practice })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseAccount removes an account. One with events for the register of a practice that
// it left is emptied, and goes once they are published.
func (s *Store) eraseAccount(ctx context.Context, id string) error {
	var gone int64
	err := s.write(ctx, "erase account", func(t *tx) (err error) {
		gone, err = t.change(`DELETE FROM users WHERE id = ? AND outbox IS NULL`, id)
		return err
	})
	if err != nil || gone > 0 {
		return err
	}
	_, err = s.UpdateUser(ctx, id, func(u *registry.User) error {
		u.Empty()
		return nil
	})
	return err
}

// forget takes out of every account what waits there for a practice's register: of
// those too who belong to it no more.
func (t *tx) forget(practice tenant.ID) error {
	return t.exec(`UPDATE users SET outbox = (SELECT CASE count(*) WHEN 0 THEN NULL ELSE json_group_array(json(e.value)) END
		FROM json_each(users.outbox) e WHERE json_extract(e.value, '$.practice_id') <> ?1) WHERE outbox IS NOT NULL`, practice)
}
