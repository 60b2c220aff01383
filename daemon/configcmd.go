package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/text"
)

func configCommand(std streams) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:                        "config",
		Short:                      "print the commented default config file, or check one",
		Example:                    "  inceptiond config > inceptiond.yaml\n  inceptiond config check inceptiond.yaml",
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			file := config.Brief()
			if all {
				file = config.File()
			}
			_, err := std.out.Write(file)
			return err
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "print every key, also of the sections that are switched off")
	cmd.AddCommand(configCheckCommand(std))
	return cmd
}

func configCheckCommand(std streams) *cobra.Command {
	var full bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "check a config file, and load the models that it names",
		Long: "Checks a config file as `run` does before it starts, with the model, label, password and certificate files that\n" +
			"it names, and says all that is wrong, also with models that no camera uses. It opens no camera and no connection,\n" +
			"and does not look for pictures. The\n" +
			"exit code is 0 if the file is good, 78 if it is not, and 1 if a file that it names cannot be used.",
		Example: "  inceptiond config check /etc/inceptiond/inceptiond.yaml",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			c, notes, err := checkConfig(command.Context(), args[0])
			if err != nil {
				return err
			}
			if full {
				_, err = std.out.Write(c.YAML())
				return err
			}
			return printChecked(std.out, args[0], c, notes)
		},
	}
	cmd.Flags().BoolVar(&full, "print", false, "print the file with every default filled in, secrets left out")
	return cmd
}

// checkConfig looks at the file at path and at the files that it names. Its error says all that is wrong, notes what may
// surprise.
func checkConfig(ctx context.Context, path string) (c *config.Config, notes []string, err error) {
	c, err = wiring.Load(path, wiring.Flags{})
	if err != nil {
		if draft := wiring.Draft(path); draft != nil {
			err = errors.Join(err, service.CheckFiles(ctx, draft))
		}
		return nil, nil, err
	}
	p, err := wiring.Plan(c)
	notes, wrong := service.Check(ctx, p)
	return c, notes, errors.Join(err, wrong)
}

// printChecked says that the file at path is good, and what may surprise.
func printChecked(w io.Writer, path string, c *config.Config, notes []string) error {
	said := fmt.Sprintf("%s: ok, %s, %s\n", path, text.Plural(len(c.Cameras), "camera"), text.Plural(len(c.Models), "model"))
	used, drawn := map[string]bool{config.DemoModel: true}, true
	for _, cam := range c.Cameras {
		for _, model := range cam.Models() {
			used[model] = true
		}
		drawn = drawn && (cam.Source == config.SourceDemo || cam.Source == config.SourceView)
	}
	if drawn {
		said += "it would run the demo: drawn scenes, and no camera (yours belong under cameras:)\n"
	}
	for _, name := range slices.Sorted(maps.Keys(c.Models)) {
		if !used[name] {
			said += fmt.Sprintf("no camera uses the model %s\n", name)
		}
	}
	for _, n := range notes {
		said += n + "\n"
	}
	_, err := io.WriteString(w, said)
	return err
}
