package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"

	"github.com/labstack/echo/v4"
)

// treeStore is what the API reads of the tree over a register.
type treeStore interface {
	Branches(ctx context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error)
	TreeHeads(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.SignedHead, error)
}

func (a *Area) treeRoutes(g doors) {
	g.GET("/register/heads", a.getHeads)
	g.GET("/register/proof", a.getProof)
	g.For(registry.ExportRegister, registry.ExportRegister).GET("/register/export", a.getExport)
}

func (a *Area) branches(c echo.Context) register.Branches {
	practice := callerOf(c).practice.ID
	return func(seqs []int64) (map[int64][]register.Hash, error) {
		return a.opts.Store.Branches(c.Request().Context(), practice, seqs)
	}
}

type headView struct {
	Number int64         `json:"number"`
	Size   int64         `json:"size"`
	Root   register.Hash `json:"root"`
	At     *string       `json:"at"`
	Note   string        `json:"note"`
}

// getHeads lists the published heads of the tree by number.
func (a *Area) getHeads(c echo.Context) error {
	who := callerOf(c)
	return answerList(c, func(after string, limit int) ([]register.SignedHead, error) {
		number, err := seqCursor(after)
		if err != nil {
			return nil, err
		}
		return a.opts.Store.TreeHeads(c.Request().Context(), who.practice.ID, number, limit)
	}, func(h register.SignedHead) string { return strconv.FormatInt(h.Number, 10) }, func(h register.SignedHead) headView {
		return headView{Number: h.Number, Size: h.Size, Root: h.Root, At: stamp(h.At), Note: h.Note}
	})
}

type proofView struct {
	Entry  *int64          `json:"entry"` // the one that is proven, null for growth
	Leaf   *register.Hash  `json:"leaf"`
	From   *int64          `json:"from"` // the earlier size, null for an entry
	Size   int64           `json:"size"`
	Root   register.Hash   `json:"root"`
	Hashes []register.Hash `json:"hashes"`
}

// getProof proves that an entry stands in the register (?entry=), or that the
// register grew from an earlier size (?from=); ?size= names the size it had, by
// default the one it has now.
func (a *Area) getProof(c echo.Context) error {
	head, err := a.opts.Store.RegisterHead(c.Request().Context(), callerOf(c).practice.ID)
	if err != nil {
		return err
	}
	size, err := numberParam(c, "size", head.Seq, head.Seq)
	if err != nil {
		return err
	}
	entry, err := numberParam(c, "entry", 0, size)
	if err != nil {
		return err
	}
	from, err := numberParam(c, "from", 0, size)
	if err != nil {
		return err
	}
	if (entry == 0) == (from == 0) {
		return invalidParam("entry", "give either entry or from")
	}
	v := proofView{Size: size}
	b := a.branches(c)
	if v.Root, err = b.Root(size); err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	if entry > 0 {
		return a.answerEntry(c, v, b, entry)
	}
	if v.Hashes, err = b.ProveGrowth(size, from); err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	v.From = &from
	return answerProof(c, v)
}

func (a *Area) answerEntry(c echo.Context, v proofView, b register.Branches, entry int64) error {
	var err error
	if v.Hashes, err = b.ProveEntry(v.Size, entry); err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	found, err := b([]int64{entry})
	if err != nil {
		return err
	}
	if len(found[entry]) == 0 {
		return fault.NotFound
	}
	v.Entry, v.Leaf = &entry, &found[entry][0]
	return answerProof(c, v)
}

func answerProof(c echo.Context, v proofView) error {
	if v.Hashes == nil {
		v.Hashes = []register.Hash{}
	}
	return c.JSON(http.StatusOK, v)
}

// numberParam reads a number from 1 to most; or, when it is not given.
func numberParam(c echo.Context, name string, or, most int64) (int64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return or, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > most {
		return 0, invalidParam(name, fmt.Sprintf("give a number from 1 to %d", most))
	}
	return n, nil
}

// getExport answers with the whole register, its heads and the proofs between
// them, as a file that the command verify checks on another machine.
func (a *Area) getExport(c echo.Context) error {
	who := callerOf(c)
	ctx := c.Request().Context()
	h := c.Response().Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="register.json"`)
	h.Set("Cache-Control", "no-store")
	return register.WriteFile(c.Response(), register.Source{Practice: who.practice.ID, Key: a.opts.HeadKey,
		Made: register.Maker{Kind: register.ActorAPI, ID: who.token, At: a.opts.Now()},
		Entries: func(after int64, limit int) ([]register.Entry, error) {
			return a.opts.Store.Entries(ctx, who.practice.ID, after, limit)
		},
		Heads: func(after int64, limit int) ([]register.SignedHead, error) {
			return a.opts.Store.TreeHeads(ctx, who.practice.ID, after, limit)
		},
		Branches: a.branches(c)})
}
