package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/text"
)

// trainFlags are the flags that say how to train.
func trainFlags(cmd *cobra.Command, o *teach.TrainOptions) {
	cmd.Flags().IntVarP(&o.Variants, "variants", "k", learn.Defaults().Variants, "how many variants to make of each picture: darker, noisy, turned a little; 0: none")
	cmd.Flags().BoolVar(&o.Flip, "flip", false, "variants may be mirrored: not where left and right differ, as with text or hands")
	cmd.Flags().Float64Var(&o.MaxDistance, "max-distance", 0, "of people, the distance that figures are for (default: that of the model in the config file, else 0.35)")
}

// given is o as the flags say it: 0 means none there.
func given(o teach.TrainOptions) teach.TrainOptions {
	if o.Variants <= 0 {
		o.Variants = -1
	}
	return o
}

func teachTrainCommand(t *teaching) *cobra.Command {
	var o teach.TrainOptions
	cmd := &cobra.Command{
		Use:   "train NAME",
		Short: "make a model of the pictures",
		Long: "Makes a version of a name: a .tflite file that knows the classes, or what people are known by. It takes seconds here, and a minute on a small board, at\n" +
			"low priority; Ctrl-C ends it, and all stays as it was. It says how often the version is right with pictures that it was not\n" +
			"shown, what it takes for something else, and what would help. The first version of a name is used at once; later ones by\n" +
			"`teach use`. The command ends with 1 if the pictures do not do, and says why.",
		Example: "  inceptiond teach train gate\n  inceptiond teach train flowers --flip",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			if o.Variants < 0 || o.Variants > learn.MaxVariants {
				return usageError{fmt.Errorf("--variants %d: want 0 to %d", o.Variants, learn.MaxVariants)}
			}
			if !(o.MaxDistance >= 0 && o.MaxDistance < 2) {
				return usageError{fmt.Errorf("--max-distance %v: want more than 0, and less than 2", o.MaxDistance)}
			}
			o.MaxDistance = cmp.Or(o.MaxDistance, t.maxDistance(n.Name()))
			return t.train(cmd.Context(), n, given(o))
		},
	}
	trainFlags(cmd, &o)
	return cmd
}

// maxDistance is that of the model of the config file that knows the people of a name; 0: there is none.
func (t *teaching) maxDistance(name string) float64 {
	if t.config == nil {
		return 0
	}
	for _, model := range slices.Sorted(maps.Keys(t.config.Models)) {
		if m := t.config.Models[model]; m.People == name {
			return m.MaxDistance
		}
	}
	return 0
}

// teachServeCommand is the child of a training.
func teachServeCommand(t *teaching) *cobra.Command {
	var o teach.TrainOptions
	cmd := &cobra.Command{
		Use:    serveTraining + " NAME",
		Hidden: true,
		Args:   arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.Serve(cmd.Context(), args[0], given(o), t.std.out)
		},
	}
	cmd.Flags().IntVar(&t.threads, "threads", 0, "of the engine that learns; 0: one per CPU")
	trainFlags(cmd, &o)
	return cmd
}

func (t *teaching) train(ctx context.Context, n *store.Name, o teach.TrainOptions) error {
	bar := newProgress(t.std.err)
	done, err := t.TrainApart(ctx, n, o, bar.training)
	bar.clear()
	refusal := new(learn.Refusal)
	switch {
	case errors.As(err, &refusal):
		return t.refused(n, refusal.Reasons)
	case ctx.Err() != nil:
		return fmt.Errorf("teach train: all is as it was: %w", ctx.Err())
	case err != nil:
		return err
	}
	_, used := n.Current()
	if !used {
		if _, err := t.Use(n, done.ID, false); err != nil {
			return err
		}
		if err := t.reload(ctx, n.Name(), done.ID); err != nil && !errors.Is(err, errNoDaemon) { // one may run what was forgotten since
			fmt.Fprintf(t.std.err, "note: %s\n", err)
		}
	}
	return t.print(map[string]any{"schema": 1, "name": n.Name(), "version": done.ID, "used": !used, "report": done.Report}, func(w io.Writer) {
		printReport(w, &done.Report)
		switch {
		case used:
			fmt.Fprintf(w, "Version %s. To use it: inceptiond teach use %s\n", done.ID, n.Name())
		case done.Report.People != nil:
			fmt.Fprintf(w, "Version %s, in use. A model with task: embed knows them with people: %s\n", done.ID, n.Name())
		default:
			fmt.Fprintf(w, "Version %s, in use. A camera has it as its model with file: %s%s\n", done.ID, "taught:", n.Name())
		}
	})
}

// refused is the error of pictures that do not do; as JSON the reasons are printed too.
func (t *teaching) refused(n *store.Name, reasons []string) error {
	var lines strings.Builder
	for _, reason := range reasons {
		lines.WriteString("\n  " + text.Printable(reason))
	}
	err := fmt.Errorf("teach train: it cannot be taught yet:%s", lines.String())
	if t.json {
		err = errors.Join(err, json.NewEncoder(t.std.out).Encode(map[string]any{"schema": 1, "name": n.Name(), "refused": reasons}))
	}
	return err
}

// printReport writes what there is to know of a version.
func printReport(w io.Writer, r *learn.Report) {
	fmt.Fprintf(w, "%s: %s\n", r.Name, teach.Accuracy(r))
	for i, c := range r.Classes {
		fmt.Fprintf(w, "  %-20s %s%s\n", c.Label, text.Plural(c.Used, "picture"), mistakes(r, i))
	}
	printDistances(w, r)
	const most = 10 // of one kind: of very many classes there may be hundreds
	kinds := map[string]int{}
	for _, warning := range r.Warnings {
		if kinds[warning.Kind]++; kinds[warning.Kind] <= most {
			fmt.Fprintf(w, "note: %s\n", text.Printable(warning.Text))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if more := kinds[kind] - most; more > 0 {
			fmt.Fprintf(w, "note: %s like those of %s (--json has them all)\n", text.Plural(more, "more note"), strings.ReplaceAll(kind, "_", " "))
		}
	}
}

// printDistances writes what other distances would give of people.
func printDistances(w io.Writer, r *learn.Report) {
	p := r.People
	if p == nil || r.Total+p.Strangers == 0 {
		return
	}
	fmt.Fprintf(w, "  max_distance  recognized  as somebody else  strangers taken for somebody\n")
	for i, at := range p.Distances {
		later := p.Distances[i:]
		if at.Right == 0 && len(later) > 1 && later[1].Right == 0 { // nothing happens yet
			continue
		}
		word := ""
		switch at.MaxDistance {
		case p.MaxDistance:
			word = "  now"
		case p.Suggested:
			word = "  suggested"
		}
		of := func(n, of int) string { return fmt.Sprintf("%d of %d", n, of) }
		fmt.Fprintf(w, "  %12.2f  %10s  %16d  %28s%s\n", at.MaxDistance, of(at.Right, r.Total), at.Wrong, of(at.Accepted, p.Strangers), word)
		if at.Accepted == p.Strangers && at.MaxDistance >= max(p.MaxDistance, p.Suggested) { // and no more
			break
		}
	}
}

// mistakes says what pictures of a class were taken for.
func mistakes(r *learn.Report, class int) string {
	if class >= len(r.Confusion) {
		return ""
	}
	var list []string
	for said, n := range r.Confusion[class] {
		if said != class && n > 0 && said < len(r.Classes) {
			list = append(list, fmt.Sprintf("%d taken for %s", n, r.Classes[said].Label))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return ", " + strings.Join(list, ", ")
}
