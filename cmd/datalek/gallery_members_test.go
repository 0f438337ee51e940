package main_test

// memberPages are the pages of who may come in. Some ask for a proof of who one
// is that is not ten minutes old, so they come soon after the login.
func memberPages() []view {
	return []view{{name: "members", path: "/settings/members"}, {name: "invite", path: "/settings/members/invite"},
		refused("refused-invite", "/settings/members/invite", "Maak de uitnodiging"),
		{name: "member", path: "/settings/members", act: func(p *person) { p.click("Anna Voorbeeld") }},
		{name: "last-owner", path: "/settings/members", status: 409, act: func(p *person) {
			p.click("Anna Voorbeeld")
			p.click("Haal de toegang weg")
		}},
		{name: "invited-gone", path: "/settings/members/invited"}, {name: "join-over", path: "/join/none/wrong", status: 404}, {name: "reset-over", path: "/reset/none/wrong", status: 404},
		{name: "practices", path: "/practices"}, {name: "devices", path: "/settings/devices"},
		{name: "tokens", path: "/settings/tokens"}, {name: "tokens-new", path: "/settings/tokens/new"}, refused("refused-token", "/settings/tokens/new", "Maak een sleutel"),
		{name: "tokens-made", path: "/settings/tokens/made"},
		{name: "address", path: "/processors/microsoft-365/addresses", act: func(p *person) { p.click("Met een handtekening") }},
		{name: "address-key-refused", path: "/processors/microsoft-365/addresses", status: 422, act: func(p *person) {
			p.click("Met een handtekening")
			p.click("Voeg deze sleutel toe")
		}},
		{name: "address-revoke", path: "/processors/microsoft-365/addresses", act: func(p *person) {
			p.click("Met een handtekening")
			p.click("Trek dit adres in")
		}}}
}
