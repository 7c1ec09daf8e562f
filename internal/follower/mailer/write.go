package mailer

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	plain "text/template"
)

//go:embed templates
var files embed.FS

// letters write a letter twice.
type letters struct {
	page *template.Template
	text *plain.Template
}

func parseLetters() (*letters, error) {
	page, err := template.New("mail.html").Option("missingkey=error").ParseFS(files, "templates/mail.html")
	if err != nil {
		return nil, fmt.Errorf("parse the mail: %w", err)
	}
	text, err := plain.New("mail.txt").Option("missingkey=error").ParseFS(files, "templates/mail.txt")
	if err != nil {
		return nil, fmt.Errorf("parse the mail's text: %w", err)
	}
	return &letters{page: page, text: text}, nil
}

// write returns a letter as text and as a page.
func (l *letters) write(of *letter) (text, page string, err error) {
	var b bytes.Buffer
	if err := l.text.Execute(&b, of); err != nil {
		return "", "", fmt.Errorf("write the mail's text: %w", err)
	}
	text = strings.TrimSpace(b.String()) + "\n"
	b.Reset()
	if err := l.page.Execute(&b, of); err != nil {
		return "", "", fmt.Errorf("write the mail: %w", err)
	}
	return text, b.String(), nil
}
