package mailbox

// ReadAll reads a mail as the pages show it, and returns the text of it.
func ReadAll(m Caught) string {
	shown := read(m)
	text := shown.Subject + shown.From + shown.To + shown.Text + shown.HTML
	for name, values := range shown.Headers {
		text += name
		for _, v := range values {
			text += v
		}
	}
	return text
}
