// Package lines writes results as text, one line each, for people at a terminal or as JSON for programs:
//
//	20:07:57.123  demo  red circle 98%, ring 1%   wait  0.3 ms  pre  1.2 ms  infer  35.0 ms  total  36.9 ms
//
// A line is one Write call, so that lines of several goroutines never mix.
package lines

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/publish"
)

// Options say how lines look.
type Options struct {
	JSON bool // the messages of docs/messages.md, one per line, instead of text

	// Wait makes Publish wait until its line is written, so that a slow reader gets every result. Otherwise Publish
	// never waits, and lines for which a reader that stands still has no room are left out; in text, a line tells how
	// many.
	Wait bool
}

// Writer writes a line for every result, and every status of a camera or its engine. It is a publish.Publisher, a
// publish.StatusPublisher and a publish.EnginePublisher.
type Writer struct {
	options  Options
	location *time.Location
	out      *outlet

	mu      sync.Mutex // also keeps the lines in order
	columns [2]int     // the widest camera and answer so far, in characters
	closed  bool
}

var (
	_ publish.Publisher       = (*Writer)(nil)
	_ publish.StatusPublisher = (*Writer)(nil)
	_ publish.EnginePublisher = (*Writer)(nil)
)

// widestColumn ends the growth of a column: one long answer shall not push all later lines to the right.
const widestColumn = 48

// New returns a Writer on w; Close ends it. It does not own w, and never closes it.
func New(w io.Writer, o Options) *Writer {
	gap := func(missed int64) []byte { return fmt.Appendf(nil, "(%d lines not shown)\n", missed) }
	if o.JSON {
		gap = nil
	}
	return &Writer{options: o, location: time.Local, out: newOutlet(w, gap)}
}

// Publish writes the line of r. Its error is that of the underlying Write (a broken pipe, a full disk): of this line with
// Options.Wait, else of an earlier one. With Options.Wait it gives up soon after ctx has ended.
func (l *Writer) Publish(ctx context.Context, r publish.Result) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.options.JSON {
		return l.write(ctx, r.AppendJSON(nil))
	}
	line := r.Time.In(l.location).AppendFormat(nil, "15:04:05.000")
	line = append(line, "  "...)
	line = l.appendColumn(line, 0, printable(r.Camera))
	line = append(line, "  "...)
	line = l.appendColumn(line, 1, answer(r))
	line = fmt.Appendf(line, "  wait %5.1f ms  pre %5.1f ms  infer %6.1f ms  total %6.1f ms",
		milliseconds(r.Stages.Wait), milliseconds(r.Stages.Preprocess),
		milliseconds(r.Stages.Inference), milliseconds(r.Stages.Total))
	return l.write(ctx, line)
}

// PublishStatus writes the line of s, under the same rules as Publish.
func (l *Writer) PublishStatus(ctx context.Context, s publish.CameraStatus) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.options.JSON {
		return l.write(ctx, s.AppendJSON(nil))
	}
	return l.write(ctx, l.appendStatus(s.Time, s.Camera, "camera "+string(s.State), s.Reason))
}

// PublishEngine writes the line of s, under the same rules as Publish.
func (l *Writer) PublishEngine(ctx context.Context, s publish.EngineStatus) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.options.JSON {
		return l.write(ctx, s.AppendJSON(nil))
	}
	text := "engine " + s.Engine
	switch s.State {
	case publish.EngineFallback:
		text += " in place of " + s.Wanted
	case publish.EngineDown:
		text = "engine " + s.Wanted + " down"
	}
	return l.write(ctx, l.appendStatus(s.Time, s.Camera, text, s.Reason))
}

// appendStatus makes a line of a camera's change.
func (l *Writer) appendStatus(t time.Time, camera, text, reason string) []byte {
	line := t.In(l.location).AppendFormat(nil, "15:04:05.000")
	line = append(line, "  "...)
	line = l.appendColumn(line, 0, printable(camera))
	line = append(append(line, "  "...), printable(text)...)
	if reason != "" {
		line = append(append(line, ": "...), printable(reason)...)
	}
	return line
}

// Close ends the writing, after the lines that still wait.
func (l *Writer) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.out.close()
	}
	l.closed = true
	return nil
}

// write ends the line and hands it over.
func (l *Writer) write(ctx context.Context, text []byte) (err error) {
	if l.closed {
		return publish.ErrClosed
	}
	text = append(text, '\n')
	if l.options.Wait {
		err = l.out.put(ctx, text)
	} else {
		err = l.out.offer(text)
	}
	if err != nil {
		return fmt.Errorf("lines: write: %w", err)
	}
	return nil
}

// appendColumn pads text to the widest that the column has seen.
func (l *Writer) appendColumn(dst []byte, column int, text string) []byte {
	width := utf8.RuneCountInString(text)
	l.columns[column] = max(l.columns[column], min(width, widestColumn))
	dst = append(dst, text...)
	for ; width < l.columns[column]; width++ {
		dst = append(dst, ' ')
	}
	return dst
}

// answer is what r found: "red circle 98%, ring 1%".
func answer(r publish.Result) string {
	var b strings.Builder
	if r.Picture != "" {
		b.WriteString(printable(r.Picture) + ": ")
	}
	if len(r.Predictions) == 0 {
		b.WriteString("nothing above the threshold")
	}
	for i, p := range r.Predictions {
		if i > 0 {
			b.WriteString(", ")
		}
		name := printable(p.Label)
		if name == "" {
			name = fmt.Sprintf("class %d", p.Index)
		}
		if p.Score < 0 || p.Score > 1 { // no probability
			fmt.Fprintf(&b, "%s %.4g", name, p.Score)
			continue
		}
		fmt.Fprintf(&b, "%s %.0f%%", name, 100*p.Score)
	}
	return b.String()
}

// printable replaces what could move the cursor or colour a terminal: labels and file names come from elsewhere.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
