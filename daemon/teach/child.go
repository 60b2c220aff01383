package teach

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// line is what the child prints, one at a time: how far it is, and at last what it has made, or why not.
type line struct {
	Progress *learn.Progress `json:"progress,omitempty"`
	Trained  *Trained        `json:"trained,omitempty"`
	Refused  []string        `json:"refused,omitempty"` // the reasons of a learn.Refusal
	Failed   string          `json:"failed,omitempty"`
	Busy     bool            `json:"busy,omitempty"` // ErrTraining
}

// Serve is the child's side of [Teacher.TrainApart]: it trains a name and prints lines to out. It ends when ctx does. The error
// is that of out.
func (t *Teacher) Serve(ctx context.Context, name string, o TrainOptions, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var broken error
	print := func(l line) {
		if err := json.NewEncoder(out).Encode(l); err != nil && broken == nil {
			broken = err
			cancel() // nobody hears of it
		}
	}
	n, err := t.Name(name)
	var done Trained
	if err == nil {
		done, err = t.Train(ctx, n, o, func(p learn.Progress) { print(line{Progress: &p}) })
	}
	refusal := new(learn.Refusal)
	switch {
	case errors.As(err, &refusal):
		print(line{Refused: refusal.Reasons})
	case err != nil:
		print(line{Failed: err.Error(), Busy: errors.Is(err, ErrTraining)})
	default:
		print(line{Trained: &done})
	}
	return broken
}

// TrainApart is Train in a child process at nice 10, which ends with ctx, and with this process. The child is Options.Child with
// the name and the flags --variants, --threads, --flip and --max-distance; it calls Serve.
func (t *Teacher) TrainApart(ctx context.Context, n *store.Name, o TrainOptions, tell func(learn.Progress)) (Trained, error) {
	args := append([]string(nil), t.options.Child...)
	args = append(args, n.Name(), "--variants", strconv.Itoa(o.Variants), "--threads", strconv.Itoa(t.options.Threads))
	if o.Flip {
		args = append(args, "--flip")
	}
	if o.MaxDistance > 0 {
		args = append(args, "--max-distance", strconv.FormatFloat(o.MaxDistance, 'g', -1, 64))
	}
	said := &told{tell: tell}
	out := &proc.Lines{Take: said.take, Max: maxLine}
	err := proc.Run(ctx, args[0], args[1:], out, proc.MayWait)
	switch {
	case ctx.Err() != nil:
		return Trained{}, ctx.Err()
	case out.Err() != nil:
		return Trained{}, fmt.Errorf("teach: the training prints what nobody can read: %w", out.Err())
	case said.last.Busy:
		return Trained{}, ErrTraining
	case len(said.last.Refused) > 0:
		return Trained{}, &learn.Refusal{Reasons: said.last.Refused}
	case said.last.Failed != "":
		return Trained{}, errors.New(said.last.Failed)
	case said.last.Trained != nil:
		return *said.last.Trained, nil
	}
	return Trained{}, fmt.Errorf("teach: the training has ended early: %w", cmp.Or(err, errors.New("it says nothing")))
}

// told is what a child has said.
type told struct {
	tell func(learn.Progress)
	last line // that is no progress
}

// maxLine is the longest line, in bytes: a report names all pictures.
const maxLine = 64 << 20

// take takes a line. The error ends the child.
func (t *told) take(text []byte) error {
	var one line
	switch err := json.Unmarshal(text, &one); {
	case err != nil:
		return fmt.Errorf("%.80q", text)
	case one.Progress == nil:
		t.last = one
	case t.tell != nil:
		t.tell(*one.Progress)
	}
	return nil
}
