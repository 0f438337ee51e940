package contract_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// hostWide are the methods that look beyond one practice, and why they may.
func hostWide() map[string]string {
	host, door, worker := "the host's own", "found by a secret, which names the practice", "workers find their next work, and each item names its practice"
	return map[string]string{
		"Practices": host, "CreatePractice": "makes one", "Practice": "is asked for one by its id", "UpdatePractice": "is asked for one by its id", "PracticeByCode": door, "PracticesUsing": "a report by a processor of several practices",
		"EndpointByToken": door, "TokenByHash": door, "User": "an account belongs to no practice", "UserByLogin": door, "UpdateUser": "an account belongs to no practice",
		"CreateUser": "an account belongs to no practice", "CountUsers": host, "Users": host, "Session": door, "SaveSession": door, "DropSession": door,
		"WorkingImports": worker, "DueFeeds": worker, "DueReports": worker, "DueIncidents": worker, "UpcomingIncidents": worker, "UnassessedIncidents": worker, "StaleIncidents": worker,
		"FinishMarking": worker, "ArmedIncidents": worker, "DueDeliveries": worker, "AllStuck": worker, "WaitingReturns": worker, "PendingReceipts": worker, "PendingEvents": worker,
		"SaveReceipt": "a message before it is known whose it is", "Receipt": "a message before it is known whose it is", "AdvanceReceipt": "a message before it is known whose it is",
		"ReceiptByStatus": door, "FileReceipt": "a message before it is known whose it is", "ReceiptsOfCase": "found by a hash, which names the practice", "CountReach": "a processor is told how many, and not whom",
		"Return": "a message before it is known whose it is", "DueRightsRequests": worker, "Scrub": host, "EmptyReceipt": "a message before it is known whose it is",
		"DeliveriesNamed": "returned mail names no practice",
	}
}

// Each query of the store takes the practice's id, a key or a record that holds it,
// so that none can be written without it. What looks further is named above.
func TestEveryStoreMethodTakesThePractice(t *testing.T) {
	stale := hostWide()
	found := 0
	for _, method := range methods(t) {
		found++
		name := method.Names[0].Name
		_, host := stale[name]
		scoped := !host && takesPractice(method.Type.(*ast.FuncType))
		delete(stale, name)
		if scoped == host {
			t.Errorf("%s takes a practice: %t; said to be host-wide: %t", name, scoped, host)
		}
	}
	if found < 120 {
		t.Errorf("only %d methods", found)
	}
	for _, name := range slices.Sorted(maps.Keys(stale)) {
		t.Errorf("%s is no method any more", name)
	}
}

// methods are those of the interfaces that practices' data goes through.
func methods(t *testing.T) []*ast.Field {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var found []*ast.Field
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), "_test.go") || !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, is := n.(*ast.TypeSpec)
			if !is || spec.Name.Name == "Upkeep" || spec.Name.Name == "Keys" { // the engine itself, and the host's keys
				return !is
			}
			if list, is := spec.Type.(*ast.InterfaceType); is {
				for _, m := range list.Methods.List {
					if len(m.Names) == 1 {
						found = append(found, m)
					}
				}
			}
			return false
		})
	}
	return found
}

// takesPractice reports whether a method is given a practice: by an argument of that
// name and of the type that no other id has, or by a record or key that holds its id.
func takesPractice(f *ast.FuncType) bool {
	for _, p := range f.Params.List {
		for _, name := range p.Names {
			if name.Name == "practice" && isTenant(p.Type) {
				return true
			}
		}
		if holds(p.Type) {
			return true
		}
	}
	return false
}

func isTenant(e ast.Expr) bool {
	of, is := e.(*ast.SelectorExpr)
	return is && of.Sel.Name == "ID" && types.ExprString(of.X) == "tenant"
}

// holds reports whether a type carries the id of its practice.
func holds(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StarExpr:
		return holds(e.X)
	case *ast.SelectorExpr:
		if of, is := e.X.(*ast.Ident); is {
			return slices.Contains(carriers(), of.Name+"."+e.Sel.Name)
		}
	case *ast.Ident:
		return slices.Contains(carriers(), e.Name)
	}
	return false
}

// carriers are the records that hold their practice's id.
func carriers() []string {
	return []string{
		"access.Look", "registry.System", "registry.Processor", "registry.Endpoint", "registry.Client", "registry.Token", "registry.Feed", "roster.Import", "roster.Part",
		"incidents.Report", "incidents.Incident", "incidents.Notice", "incidents.ReaderQuestion", "incidents.Stuck", "incidents.Return", "incidents.Draft", "Request",
		"request.Request", "register.SignedHead", "Key", "Pending",
	}
}
