package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/catalogue/pull"
	"github.com/inceptiond/inceptiond/internal/text"
)

// pullOptions are the flags of `inceptiond model pull`.
type pullOptions struct {
	from   string // a file, or a folder of files; empty: the network
	mirror string // a URL; empty: the catalogue's own
}

func modelPullCommand(std streams) *cobra.Command {
	var o pullOptions
	cmd := &cobra.Command{
		Use:   "pull NAME…",
		Short: "fetch networks of the catalogue, with their labels",
		Long: "Fetches networks that `inceptiond model list` lists, and their labels, and checks every byte. From then on they are\n" +
			"called pull:NAME, wherever a model file is named. Root's are for the service, in /var/lib/inceptiond/models; those of\n" +
			"others are in $XDG_DATA_HOME/inceptiond/models, or ~/.local/share/inceptiond/models. What was interrupted goes on where it\n" +
			"was. HTTPS_PROXY and NO_PROXY are obeyed. Without a network, --from takes files that were fetched elsewhere\n" +
			"(" + text.Doc("models.md") + ").",
		Example: "  inceptiond model pull inception_v3_299_quant\n  inceptiond classify --model pull:inception_v3_299_quant cat.jpg\n" +
			"  sudo inceptiond model pull inception_v1_224_quant mobilenet_v2_1.0_224_inat_bird_quant\n" +
			"  inceptiond model pull inception_v1_224_quant --from /media/stick",
		Args:              arguments(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeModels,
		RunE: func(cmd *cobra.Command, args []string) error {
			return pullModels(cmd.Context(), std, o, args)
		},
	}
	cmd.Flags().StringVar(&o.from, "from", "", "instead of the network: the model's file, beside its labels, or a folder that has both")
	cmd.Flags().StringVar(&o.mirror, "mirror", "", "instead of the catalogue's own place: the URL of a folder that has the same files")
	cmd.MarkFlagsMutuallyExclusive("from", "mirror")
	return cmd
}

// completeModels completes the names of the catalogue.
func completeModels(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, m := range catalogue.All() {
		names = append(names, m.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePulled completes what can stand for a model file: pull: and the name of one that is there, or a path.
func completePulled(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, m := range catalogue.All() {
		if _, err := m.Pulled(); err == nil {
			names = append(names, catalogue.Prefix+m.Name)
		}
	}
	return names, cobra.ShellCompDirectiveDefault
}

func pullModels(ctx context.Context, std streams, o pullOptions, names []string) error {
	var models []catalogue.Model
	for _, name := range names {
		m, err := catalogue.Find(name)
		if err != nil {
			return usageError{err}
		}
		models = append(models, m)
	}
	if info, err := os.Stat(o.from); o.from != "" && err != nil {
		return usageError{fmt.Errorf("--from: %w", err)}
	} else if o.from != "" && !info.IsDir() && len(models) > 1 {
		return usageError{errors.New("--from FILE is for one model: name the folder that has all of them")}
	}
	folder, err := catalogue.Folder()
	if err != nil {
		return err
	}
	bar := newProgress(std.err)
	p, err := pull.Open(pull.Options{Folder: folder, Source: o.mirror, Report: bar.report})
	if err != nil {
		return err
	}
	defer p.Close()
	var errs []error
	for _, m := range models {
		line, err := pullModel(ctx, p, m, o.from)
		bar.clear()
		if err == nil {
			_, err = fmt.Fprintln(std.out, line)
		}
		if errs = append(errs, err); ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// pullModel has a model and its labels in p's folder, and says so. The labels come first: with the model's file all is there.
func pullModel(ctx context.Context, p *pull.Puller, m catalogue.Model, from string) (string, error) {
	var last pull.Result
	for _, f := range []catalogue.File{m.Labels, m.File} {
		var err error
		if from == "" {
			last, err = p.Fetch(ctx, f)
		} else {
			last, err = p.Import(ctx, f, importFrom(f, m, from))
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	said := map[pull.State]string{
		pull.There: "was there, and is right", pull.Fetched: "fetched and checked", pull.Replaced: "was damaged; fetched anew and checked",
	}[last.State]
	return fmt.Sprintf("%s%s  %s, %s: %s", catalogue.Prefix, m.Name, pull.MB(last.Size), said, last.Path), nil
}

// importFrom is where a file of m is to be found: from is the model's own file, which may have any name, or a folder.
func importFrom(f catalogue.File, m catalogue.Model, from string) string {
	if info, err := os.Stat(from); err == nil && info.IsDir() || f.Name == m.File.Name {
		return from
	}
	return filepath.Join(filepath.Dir(from), f.Name)
}
