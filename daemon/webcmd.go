package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// installedLink is where the installed service has the link of its page: in its RuntimeDirectory.
const installedLink = "/run/inceptiond/web-link"

// answerTime is how long a page may take to say that it is there.
const answerTime = 5 * time.Second

func webCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "web",
		Short: "the page of a running daemon",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(webLinkCommand(std))
	return cmd
}

func webLinkCommand(std streams) *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "link",
		Short: "print a link to the page that signs in once",
		Long: "Prints where the page of the daemon on this machine is, with a code that signs one browser in: it works once, then there\n" +
			"is another. It is also the way back in for who has forgotten the password. The link of the installed service is for\n" +
			"root; with --config it is that of a daemon which was started by hand with that file. The first address that can be reached\n" +
			"from where the browser is is the right one.",
		Example: "  sudo inceptiond web link\n  inceptiond web link -c inceptiond.yaml",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == doctor.InstalledConfig {
				file = ""
			}
			links, err := findLinks(cmd.Context(), installedLink, file)
			if err != nil {
				return fmt.Errorf("web link: %w", err)
			}
			_, err = fmt.Fprint(std.out, links)
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "config file of the daemon (default: the installed service, else the one that 'inceptiond run' would have)")
	return cmd
}

// findLinks reads the links of the daemon that runs: that of a config file if one is given, else the installed service, else
// one that was started by hand.
func findLinks(ctx context.Context, installed, file string) (string, error) {
	if file == "" {
		links, err := readLinks(ctx, installed)
		if !errors.Is(err, fs.ErrNotExist) {
			return links, err
		}
	}
	c, err := wiring.Load(cmp.Or(file, wiring.FindDefault()), wiring.Flags{})
	if err != nil {
		return "", err
	}
	if c.Web.Listen == "" {
		return "", errors.New("the page is off: set web.listen in the config file, to 127.0.0.1:8224 for this machine alone")
	}
	p, _ := wiring.Plan(c)
	links, err := readLinks(ctx, p.Web.LinkFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("no daemon with a page runs here, or its page cannot be opened, as its log then says (of the service: systemctl status inceptiond; by hand: inceptiond run)")
	}
	return links, err
}

// readLinks reads a daemon's file, and makes sure that it is there.
func readLinks(ctx context.Context, path string) (string, error) {
	text, err := regular.Read(path, 64<<10)
	if errors.Is(err, fs.ErrPermission) {
		return "", errors.New("the link of the page is for root and the user of the service alone (sudo does it)")
	}
	if err != nil {
		return "", err
	}
	var pages []string
	for line := range strings.Lines(string(text)) {
		page, _, found := strings.Cut(line, "#")
		if !found {
			return "", fmt.Errorf("%s holds no link", path)
		}
		pages = append(pages, page)
	}
	if err := anyAnswers(ctx, pages); err != nil {
		return "", fmt.Errorf("the daemon has ended without taking its link away, or cannot listen there: %w", err)
	}
	return string(text), nil
}

// anyAnswers asks all addresses of a page at once; not each name of this machine leads to it from here. The error is that of the
// last to fail.
func anyAnswers(ctx context.Context, pages []string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answered := make(chan error, len(pages))
	for _, page := range pages {
		go func() { answered <- answers(ctx, page) }()
	}
	err := errors.New("it has no address")
	for range pages {
		if err = <-answered; err == nil {
			return nil
		}
	}
	return err
}

// answers tells whether a page is there. Whose certificate it has does not matter: nothing is told to it.
func answers(ctx context.Context, page string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page+"healthz", nil)
	if err != nil {
		return err
	}
	response, err := anyCertificate().Do(r)
	if err != nil {
		return err
	}
	if response.Body.Close(); response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("another program answers at %s", page)
	}
	return nil
}

// anyCertificate is a client that asks this machine, whatever name its certificate has, and follows nobody elsewhere.
func anyCertificate() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
