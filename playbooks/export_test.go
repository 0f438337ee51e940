package playbooks

import (
	"datalek/incidents"
	"datalek/incidents/registry"
)

// UpdateText is the text that tells what is new to those readers of an audience who
// were told before.
func (b *Book) UpdateText(p registry.Practice, inc *incidents.Incident, audience incidents.Audience, voice incidents.Voice, news incidents.News) (incidents.Text, error) {
	texts, err := b.texts(p, inc, audience, []incidents.Voice{voice}, sight{news: &news})
	if err != nil {
		return incidents.Text{}, err
	}
	return texts[0], nil
}
