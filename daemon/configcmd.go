package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/text"
)

func configCommand(std streams) *cobra.Command {
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
			_, err := std.out.Write(config.File())
			return err
		},
	}
	cmd.AddCommand(configCheckCommand(std))
	return cmd
}

func configCheckCommand(std streams) *cobra.Command {
	var full bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "check a config file, and load the models that it names",
		Long: "Checks a config file as `run` does before it starts, with the model, label, password and certificate files that\n" +
			"it names, and says all that is wrong. It opens no camera and no connection, and does not look for pictures. The\n" +
			"exit code is 0 if the file is good, 78 if it is not, and 1 if a file that it names cannot be used.",
		Example: "  inceptiond config check /etc/inceptiond/inceptiond.yaml",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			c, err := wiring.Load(args[0], wiring.Flags{})
			if err != nil {
				return err
			}
			p, err := wiring.Plan(c)
			if err == nil {
				err = service.Check(command.Context(), p)
			}
			if err != nil {
				return err
			}
			if full {
				_, err = std.out.Write(c.YAML())
				return err
			}
			_, err = fmt.Fprintf(std.out, "%s: ok, %s, %s\n", args[0],
				text.Plural(len(c.Cameras), "camera"), text.Plural(len(c.Models), "model"))
			return err
		},
	}
	cmd.Flags().BoolVar(&full, "print", false, "print the file with every default filled in, secrets left out")
	return cmd
}
