package sqlitestore

import (
	"context"
	"slices"

	"datalek/incidents/registry"
	"datalek/services/record"
)

// ErasePractice removes all rows of a practice but the mark in the place of its
// keys, and the accounts that belong to no other practice. What is removed is
// overwritten in the file. It may be called again after it was cut off.
func (s *Store) ErasePractice(ctx context.Context, practice string) error {
	const step = "erase practice"
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

// eraseMembers removes the accounts that belong to this practice alone, and the
// membership of the others.
func (s *Store) eraseMembers(ctx context.Context, practice string) error {
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
			if err := s.write(ctx, "erase account", func(t *tx) error { return t.exec(`DELETE FROM users WHERE id = ?`, r.ID) }); err != nil {
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
