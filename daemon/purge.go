package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// purgeOptions are the flags of `inceptiond purge`.
type purgeOptions struct {
	file   string // the config file
	prefix string // instead of the config's
	yes    bool   // clear
}

func purgeCommand(std streams) *cobra.Command {
	var o purgeOptions
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "list, or clear, what the broker retains of a daemon that is not there any more",
		Long: "Lists what the broker of a config file retains below its mqtt.prefix, and what it has been told of this device for Home\n" +
			"Assistant; with --yes it is cleared, whoever put it there. A prefix at which a daemon is online is left alone. --prefix\n" +
			"is for one that the file does not name any more: announcements for Home Assistant under another prefix stay.",
		Example: "  inceptiond purge\n  inceptiond purge -c inceptiond.yaml --yes\n  inceptiond purge --prefix inceptiond/old-name --yes",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("config") {
				o.file = usualConfig()
			}
			client, err := purgeClient(o, cmd.Flags().Changed("prefix"))
			if err != nil {
				return err
			}
			return purge(cmd.Context(), std, o, client)
		},
	}
	cmd.Flags().StringVarP(&o.file, "config", "c", "", "config file (default: "+doctor.InstalledConfig+" if there is one, else what run would take)")
	cmd.Flags().StringVar(&o.prefix, "prefix", "", "instead of mqtt.prefix: where a daemon was before")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "clear what is listed")
	return cmd
}

// purgeClient are the options of a client of the config's broker. Cameras and models do not matter.
func purgeClient(o purgeOptions, prefix bool) (mqtt.Options, error) {
	c, err := wiring.Load(o.file, wiring.Flags{})
	if err != nil {
		return mqtt.Options{}, err
	}
	p, _ := wiring.Plan(c)
	switch {
	case p.MQTT == nil:
		return mqtt.Options{}, errors.New("purge: mqtt.broker is off: there is no broker to ask")
	case p.MQTT.Listen != "":
		return mqtt.Options{}, errors.New("purge: mqtt.broker is embedded: such a broker retains nothing when its daemon has ended")
	}
	client := p.MQTT.Client(p.MQTT.Options.Brokers...)
	client.HomeAssistant = &homeassistant.Options{Discovery: c.MQTT.HomeAssistant.Prefix}
	if prefix {
		client.Prefix = o.prefix
		if err := mqtt.CheckPrefix(o.prefix); err != nil {
			return mqtt.Options{}, usageError{fmt.Errorf("--prefix: %w", err)}
		}
	}
	return client, nil
}

// purge lists what the broker of client retains, and clears it if it is told to.
func purge(ctx context.Context, std streams, o purgeOptions, client mqtt.Options) error {
	p, err := mqtt.OpenPurge(ctx, client)
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	defer p.Close()
	found, err := p.List(ctx)
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	if err := printRetained(std, client, found); err != nil {
		return err
	}
	switch {
	case found.Online:
		return errOnline(client)
	case !o.yes || len(found.Messages) == 0:
		return nil
	}
	left, err := p.Clear(ctx, found.Messages)
	switch {
	case errors.Is(err, mqtt.ErrOnline):
		return errOnline(client)
	case err != nil:
		return fmt.Errorf("purge: %w", err)
	case len(left) > 0:
		return fmt.Errorf("purge: the broker still has %s, such as %s: may this user write there? (mosquitto: topic readwrite %s/# in acl_file)",
			text.Plural(len(left), "message"), shownTopic(left[0].Topic), client.Prefix)
	}
	_, err = fmt.Fprintln(std.out, "Cleared.")
	return err
}

func errOnline(client mqtt.Options) error {
	return fmt.Errorf("purge: a daemon is online at %s: nothing is cleared there; stop it first (one that was killed counts as online for another %v)",
		client.Prefix, client.KeepAlive*3/2)
}

// printRetained writes a line for each message, and what is to know.
func printRetained(std streams, client mqtt.Options, found mqtt.Retained) error {
	w := bufio.NewWriter(std.out)
	for _, m := range found.Messages {
		fmt.Fprintf(w, "%s  %s\n", shownTopic(m.Topic), text.Plural(m.Bytes, "byte"))
	}
	where := fmt.Sprintf("below %s, or of %s for Home Assistant", client.Prefix, client.Device)
	if found.Others > 0 {
		fmt.Fprintf(w, "(%s for Home Assistant under another prefix: not looked at)\n", text.Plural(found.Others, "announcement"))
	}
	switch n := len(found.Messages); {
	case n == 0:
		fmt.Fprintf(w, "The broker retains nothing %s.\n", where)
	case found.More:
		fmt.Fprintf(w, "The broker retains more than %d messages %s.\n", n, where)
	default:
		fmt.Fprintf(w, "The broker retains %s %s.\n", text.Plural(n, "message"), where)
	}
	return w.Flush()
}

// shownTopic is a topic as it can be shown: it may be anything that a stranger has thought of.
func shownTopic(topic string) string {
	if strings.ContainsFunc(topic, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) || strings.TrimSpace(topic) != topic || topic == "" {
		return strconv.QuoteToGraphic(topic)
	}
	return topic
}
