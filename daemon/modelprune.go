package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/catalogue/pull"
	"github.com/inceptiond/inceptiond/systemd"
)

// pruneOptions are the flags of `inceptiond model prune`.
type pruneOptions struct {
	configs []string
	older   time.Duration // younger ones stay
	dry     bool
}

func modelPruneCommand(std streams) *cobra.Command {
	var o pruneOptions
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "remove files that were fetched by their SHA-256, and that no config names",
		Long: "Removes files that `inceptiond model pull URL --sha256 HASH` has fetched, and that the config file does not name any more:\n" +
			"neither in its models, nor in the text that the page would take back, nor in what was taught. A file that cannot be read\n" +
			"ends it before anything is removed. Networks of the catalogue stay. Root's are the service's.",
		Example: "  sudo inceptiond model prune --dry-run\n  sudo inceptiond model prune --older 720h",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("config") {
				o.configs = []string{usualConfig()}
			}
			return prune(std, o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.configs, "config", "c", nil, "config file; may be given several times (default: "+doctor.InstalledConfig+" if there is one, else what run would take)")
	f.DurationVar(&o.older, "older", 0, "only what was fetched longer ago than this")
	f.BoolVarP(&o.dry, "dry-run", "n", false, "say what would be removed, and remove nothing")
	return cmd
}

// prune removes what no config names from this user's folder, and says so.
func prune(std streams, o pruneOptions) error {
	used := map[string]bool{}
	for _, path := range o.configs {
		state := ""
		if path == doctor.InstalledConfig && systemd.StateDirectory() == "" {
			state = doctor.InstalledState
		}
		hashes, err := wiring.Hashes(path, state)
		if err != nil {
			return err
		}
		for sum := range hashes {
			used[sum] = true
		}
	}
	folder, err := catalogue.Folder()
	if err != nil {
		return err
	}
	kept, err := catalogue.KeptIn(folder)
	if err != nil || len(kept) == 0 {
		return err
	}
	p, err := pull.Open(pull.Options{Folder: folder}) // nobody fetches one meanwhile
	if err != nil {
		return err
	}
	defer p.Close()
	var errs []error
	for _, k := range kept {
		said := "removed"
		switch {
		case used[k.SHA256]:
			said = "in use"
		case time.Since(k.Fetched) < o.older:
			said = "too new"
		case o.dry:
			said = "would be removed"
		default:
			if err := p.Remove(k.File); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		_, err := fmt.Fprintf(std.out, "%s%s  %s, %s\n", catalogue.HashPrefix, k.SHA256, pull.MB(k.Bytes), said)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
