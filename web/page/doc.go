// Package page is what every page of the web shares: the frame around it, its
// words in two languages, sessions, the one place where an error becomes a
// status, the security headers, limits, and forms that keep what was typed.
//
// An area (desk, intake, notices …) registers its routes through Public and
// Private, reads forms with ReadForm, and answers with Site.Render:
//
//	func (a *Area) Register(site *page.Site, e *echo.Echo) {
//		private := site.Private(e).For(registry.SeeSystems, registry.KeepSystems)
//		private.GET("/systems", a.list)
//	}
//
//	type listPage struct {
//		page.View
//		Systems []registry.System
//	}
//
//	func (a *Area) list(c echo.Context) error {
//		practice := page.Practice(c)
//		…
//		return a.site.Render(c, http.StatusOK, "catalogue/systems.html",
//			&listPage{View: page.NewView(c, "systems.title"), Systems: systems})
//	}
//
// Page data must not name its fields as the frame does (parts.Frame: Title,
// Practice, Account, Languages, Notices …); Render says so when it happens.
//
// Templates live in web/templates/<area>/<page>.html and define "main"; their
// words live in web/locales/<area>.<language>.json under flat keys
// ("systems.title"). A test fails when a key is missing in either language, or
// when no page and no Go file uses it.
package page
