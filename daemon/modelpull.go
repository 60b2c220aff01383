package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/catalogue/pull"
	"github.com/inceptiond/inceptiond/internal/text"
)

// pullOptions are the flags of `inceptiond model pull`.
type pullOptions struct {
	from   string   // a file, or a folder of files; empty: the network
	mirror string   // a URL; empty: the catalogue's own
	sha256 []string // of each file, if their addresses are given, and no names
}

func modelPullCommand(std streams) *cobra.Command {
	var o pullOptions
	cmd := &cobra.Command{
		Use:   "pull NAME… | pull URL… --sha256 HASH…",
		Short: "fetch networks of the catalogue, with their labels, or any file by its SHA-256",
		Long: "Fetches networks that `inceptiond model list` lists, and their labels, and checks every byte. From then on they are\n" +
			"called pull:NAME, wherever a model file is named. Root's are for the service, in /var/lib/inceptiond/models; those of\n" +
			"others are in $XDG_DATA_HOME/inceptiond/models, or ~/.local/share/inceptiond/models. What was interrupted goes on where it\n" +
			"was. HTTPS_PROXY and NO_PROXY are obeyed. Without a network, --from takes files that were fetched elsewhere\n" +
			"(" + text.Doc("models.md") + ").\n\n" +
			"With the address of a file and its SHA-256, a model or a label file of yours is fetched, and is called sha256:HASH from then\n" +
			"on. Other files stay beside it until `inceptiond model prune` removes what nothing names (" + text.Doc("fleet.md") + ").",
		Example: "  inceptiond model pull inception_v3_299_quant\n  inceptiond classify --model pull:inception_v3_299_quant cat.jpg\n" +
			"  sudo inceptiond model pull inception_v1_224_quant mobilenet_v2_1.0_224_inat_bird_quant\n" +
			"  inceptiond model pull inception_v1_224_quant --from /media/stick\n" +
			"  sudo inceptiond model pull https://models.example/birds.tflite --sha256 c49bc2468e35abbec75ff6132f7d9526f1cf48358e5925c480cec7fa6473f89c",
		Args:              arguments(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeModels,
		RunE: func(cmd *cobra.Command, args []string) error {
			return pullModels(cmd.Context(), std, o, args)
		},
	}
	cmd.Flags().StringVar(&o.from, "from", "", "instead of the network: the model's file, beside its labels, or a folder that has both")
	cmd.Flags().StringVar(&o.mirror, "mirror", "", "instead of the catalogue's own place: the URL of a folder that has the same files")
	cmd.Flags().StringSliceVar(&o.sha256, "sha256", nil, "the SHA-256 of the file at an address, once for each address, in their order")
	cmd.MarkFlagsMutuallyExclusive("from", "mirror")
	cmd.MarkFlagsMutuallyExclusive("sha256", "mirror")
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

// completePulled completes what can stand for a model file: pull: and the name of one that is there, sha256: and the hash of one, or
// a path.
func completePulled(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, m := range catalogue.All() {
		if _, err := m.Pulled(); err == nil {
			names = append(names, catalogue.Prefix+m.Name)
		}
	}
	kept, _ := catalogue.AllKept() // those that can be seen
	for _, k := range kept {
		if k.Model {
			names = append(names, catalogue.HashPrefix+k.SHA256)
		}
	}
	return names, cobra.ShellCompDirectiveDefault
}

// request is what is to be fetched: files, and what they are called together.
type request struct {
	name  string // as a config has it
	files []catalogue.File
	main  string // the name of the one that may be called otherwise where --from takes it from
}

// requests are what a person asks for by names, or by addresses and hashes.
func (o *pullOptions) requests(args []string) (list []request, err error) {
	if len(o.sha256) > 0 && len(o.sha256) != len(args) {
		return nil, fmt.Errorf("--sha256: %d hashes for %d addresses (want one for each, in their order)", len(o.sha256), len(args))
	}
	for i, arg := range args {
		switch isURL := strings.Contains(arg, "://"); {
		case len(o.sha256) > 0:
			next, err := requestByHash(arg, o.sha256[i])
			if err != nil {
				return nil, err
			}
			list = append(list, next)
		case isURL:
			return nil, fmt.Errorf("%s: what comes from there is known by its hash alone: add --sha256 HASH, as `sha256sum` prints it where the file is known to be right", arg)
		default:
			m, err := catalogue.Find(arg)
			if err != nil {
				return nil, err
			}
			// The labels come first: with the model's file all is there.
			list = append(list, request{catalogue.Prefix + m.Name, []catalogue.File{m.Labels, m.File}, m.File.Name})
		}
	}
	return list, nil
}

// requestByHash is a request for the file at an address.
func requestByHash(url, sum string) (request, error) {
	sum = strings.ToLower(strings.TrimPrefix(sum, catalogue.HashPrefix))
	if !catalogue.IsSHA256(sum) {
		return request{}, fmt.Errorf("--sha256 %.100q: want 64 hexadecimal digits, as sha256sum prints them", sum)
	}
	if err := pull.CheckURL(url); err != nil {
		return request{}, err
	}
	f := catalogue.Hashed(sum, url)
	return request{catalogue.HashPrefix + sum, []catalogue.File{f}, f.Name}, nil
}

func pullModels(ctx context.Context, std streams, o pullOptions, args []string) error {
	requests, err := o.requests(args)
	if err != nil {
		return usageError{err}
	}
	if info, err := os.Stat(o.from); o.from != "" && err != nil {
		return usageError{fmt.Errorf("--from: %w", err)}
	} else if o.from != "" && !info.IsDir() && len(requests) > 1 {
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
	for _, next := range requests {
		line, err := next.pull(ctx, p, o.from)
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

// pull has the files in p's folder, and says so.
func (r *request) pull(ctx context.Context, p *pull.Puller, from string) (string, error) {
	var last pull.Result
	for _, f := range r.files {
		var err error
		if from == "" {
			last, err = p.Fetch(ctx, f)
		} else {
			last, err = p.Import(ctx, f, r.importFrom(f, from))
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.Called(), err)
		}
	}
	said := map[pull.State]string{
		pull.There: "was there, and is right", pull.Fetched: "fetched and checked", pull.Replaced: "was damaged; fetched anew and checked",
	}[last.State]
	return fmt.Sprintf("%s  %s, %s: %s", r.name, pull.MB(last.Size), said, last.Path), nil
}

// importFrom is where a file is to be found: from is the main one, which may have any name, or a folder.
func (r *request) importFrom(f catalogue.File, from string) string {
	if info, err := os.Stat(from); err == nil && info.IsDir() || f.Name == r.main {
		return from
	}
	return filepath.Join(filepath.Dir(from), f.Name)
}
