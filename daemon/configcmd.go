package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/mqtt"
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
			c, err := loadConfig(runOptions{file: args[0]})
			if err != nil {
				return err
			}
			if err := checkParts(command.Context(), c); err != nil {
				return err
			}
			if full {
				_, err = std.out.Write(c.YAML())
				return err
			}
			_, err = fmt.Fprintf(std.out, "%s: ok, %s, %s\n", args[0],
				plural(len(c.Cameras), "camera"), plural(len(c.Models), "model"))
			return err
		},
	}
	cmd.Flags().BoolVar(&full, "print", false, "print the file with every default filled in, secrets left out")
	return cmd
}

// checkParts builds what can be built without a camera or a broker, and takes it down again.
func checkParts(ctx context.Context, c *config.Config) error {
	models, err := loadModels(ctx, c, func(string) *sharedModel { return nil }, zap.NewNop())
	if err != nil {
		return err
	}
	defer closeModels(models)
	errs := []error{checkSecret(c.MQTT.PasswordFile)}
	if c.MQTT.Broker != config.BrokerEmbedded && c.MQTT.Broker != config.BrokerOff {
		errs = append(errs, mqtt.Check(mqttOptions(c, c.MQTT.Broker)))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Cameras)) {
		cam := c.Cameras[name]
		opt, err := preprocessOptions(cam, c.Models[cam.Model])
		if err == nil {
			_, err = newClassifier(models[cam.Model], opt, cam.TopK, cam.Threshold)
		}
		if err == nil {
			_, err = newHub(cam)
		}
		if err == nil && cam.HTTP != nil {
			err = checkSecret(cam.HTTP.PasswordFile)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("camera %q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// checkSecret tells whether the password file at path can be read; "" is none.
func checkSecret(path string) error {
	if path == "" {
		return nil
	}
	_, err := config.ReadSecret(path)
	return err
}
