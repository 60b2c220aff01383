package evaluate

import (
	"bufio"
	_ "embed"
	"encoding/base64"
	"fmt"
	"image/draw"
	"io"
	"strings"
)

//go:embed style.css
var style string

// page writes HTML. Whatever goes into it by put is escaped, unless it is markup.
type page struct {
	w      *bufio.Writer
	thumb  Thumb
	escape *strings.Replacer
}

// markup is HTML already.
type markup string

// Thumb makes a small JPEG of a picture's bytes: of what the model sees of it, or, for draw, of the whole upright picture, larger, with what
// draw draws on it.
type Thumb func(data []byte, draw func(dst draw.Image)) ([]byte, error)

func newPage(w io.Writer, thumb Thumb) *page {
	// The same as html.EscapeString, whose package brings 66 kB of names of characters into the program.
	escape := strings.NewReplacer("&", "&amp;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")
	return &page{bufio.NewWriter(w), thumb, escape}
}

// put writes a format whose strings are text. An error of the writer stays until Flush.
func (p *page) put(format string, args ...any) {
	fmt.Fprintf(p.w, format, p.escaped(args)...)
}

// escaped makes text of markup's arguments.
func (p *page) escaped(args []any) []any {
	list := make([]any, len(args))
	for i, a := range args {
		if s, ok := a.(string); ok {
			a = p.escape.Replace(s)
		}
		list[i] = a
	}
	return list
}

// begin writes what is before the body.
func (p *page) begin(title string) {
	p.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>%s</title>
<style>
%s</style>
</head>
<body>
<main>
`, title, markup(style))
}

// end writes what is after the body. The error is the first of all.
func (p *page) end() error {
	p.put("</main>\n</body>\n</html>\n")
	return p.w.Flush()
}

// image writes a small picture, or says that there is none.
func (p *page) image(read func() ([]byte, error), alt string) { p.drawn(read, alt, nil) }

// drawn writes a picture that something is drawn on.
func (p *page) drawn(read func() ([]byte, error), alt string, draw func(dst draw.Image)) {
	if data, err := p.small(read, draw); err == nil {
		p.put(`<img loading="lazy" alt="%s" src="data:image/jpeg;base64,%s">`, alt, markup(base64.StdEncoding.EncodeToString(data)))
		return
	}
	p.put(`<span class="nopicture" role="img" aria-label="%s">no picture</span>`, alt)
}

func (p *page) small(read func() ([]byte, error), draw func(dst draw.Image)) ([]byte, error) {
	if read == nil || p.thumb == nil {
		return nil, fmt.Errorf("evaluate: no picture")
	}
	data, err := read()
	if err != nil {
		return nil, err
	}
	return p.thumb(data, draw)
}

// list writes each of n items, and what is more than some of them folded away.
func (p *page) list(n, open int, around, item string, one func(i int)) {
	write := func(from, to int) {
		p.put("<%s>\n", markup(around))
		for i := from; i < to; i++ {
			one(i)
		}
		p.put("</%s>\n", markup(item))
	}
	write(0, min(n, open))
	if n > open {
		p.put("<details><summary>%d more</summary>\n", n-open)
		write(open, n)
		p.put("</details>\n")
	}
}
