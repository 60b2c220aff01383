package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/inceptiond/inceptiond/publish/web"
)

// pageChecks look whether the page can be where it is wanted.
func (e *examination) pageChecks() (list []Check) {
	if e.plan == nil || e.plan.Web.Listen == "" {
		return nil
	}
	o := e.plan.Web
	list = append(list, Check{Area: "page", Name: "listen", Limit: probeLimit, Run: func(ctx context.Context) []Finding { return e.checkPage(ctx, o) }})
	if o.TLS != (web.TLS{}) {
		list = append(list, Check{Area: "page", Name: "certificate", Run: func(context.Context) []Finding { return checkPageCertificate(o.TLS, time.Now()) }})
	}
	return list
}

// checkPage looks whether the daemon can have the port of the page, or who has it. It works without its page.
func (e *examination) checkPage(ctx context.Context, o web.Options) []Finding {
	l, err := net.Listen("tcp", o.Listen)
	if err == nil {
		l.Close()
		return ok("%s is free for it", o.Listen)
	}
	host, port, _ := net.SplitHostPort(o.Listen)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return one(Warning, "set web.listen to another address", "the page cannot be there: %v", err)
	}
	number, _ := strconv.Atoi(port) // the plan was checked
	holders, taken := findListeners(e.root, number)
	by := e.daemonOf(holders)
	if by == "" && answersPage(ctx, host, port, o.TLS != (web.TLS{})) {
		by = "inceptiond"
	}
	if by != "" {
		return ok("%s runs and listens at %s", by, o.Listen)
	}
	return one(Warning, "set web.listen to another port", "%s cannot be had for the page: %s has it", o.Listen, nameHolders(holders, taken))
}

// answersPage tells whether a page of ours answers at an address that somebody listens at.
func answersPage(ctx context.Context, host, port string, secure bool) bool {
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return false
	}
	r.Close = true
	any := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // nothing is told to it
	answer, err := any.RoundTrip(r)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusNoContent
}

// checkPageCertificate looks at the files of web.tls.
func checkPageCertificate(t web.TLS, now time.Time) []Finding {
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return one(Fault, "name a certificate and its key, both in PEM, in web.tls", "%v", err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return one(Fault, "name another certificate in web.tls", "%s: %v", t.CertFile, err)
	}
	const soon = 14 * 24 * time.Hour
	until := leaf.NotAfter.Format(time.DateOnly)
	switch {
	case now.Before(leaf.NotBefore):
		return one(Warning, "see that the clock is right", "%s is valid only from %s", t.CertFile, leaf.NotBefore.Format(time.DateOnly))
	case now.After(leaf.NotAfter):
		return one(Warning, "put a new one there: it is taken without a restart", "%s was valid until %s", t.CertFile, until)
	case now.Add(soon).After(leaf.NotAfter):
		return one(Warning, "put a new one there: it is taken without a restart", "%s is valid until %s only", t.CertFile, until)
	}
	return ok("%s is valid until %s", t.CertFile, until)
}
