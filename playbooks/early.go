package playbooks

// earlyNotice is a policy's choice that a preliminary notice goes by itself, as YAML.
type earlyNotice struct {
	LeadHours   int `yaml:"lead_hours"`
	UpdateHours int `yaml:"update_hours"` // 0: the usual three days
}

// lead and update are 0 where the choice was not made.
func (n *earlyNotice) lead() int {
	if n == nil {
		return 0
	}
	return n.LeadHours
}

func (n *earlyNotice) update() int {
	if n == nil {
		return 0
	}
	return n.UpdateHours
}

func (n *earlyNotice) check(doc document, clientHours int) {
	if n == nil {
		return
	}
	switch {
	case clientHours <= 0:
		doc.fault("without promised hours there is no deadline that a notice could go before", "preliminary_notice", "lead_hours")
	case n.LeadHours < 1 || n.LeadHours >= clientHours:
		doc.fault("give at least 1, and fewer than client.hours; leave preliminary_notice out for none", "preliminary_notice", "lead_hours")
	}
	if n.UpdateHours < 0 || n.UpdateHours > mostClientHours {
		doc.fault("give 1 to 720, or leave it out for three days", "preliminary_notice", "update_hours")
	}
}
