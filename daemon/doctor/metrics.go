package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/inceptiond/inceptiond/publish/metrics"
)

// serviceRuntime is the RuntimeDirectory of the installed service.
const serviceRuntime = "/run/inceptiond"

// metricsChecks look where metrics can be had.
func (e *examination) metricsChecks() (list []Check) {
	if e.plan == nil {
		return nil
	}
	if listen := e.plan.Metrics.Listen; listen != "" {
		list = append(list, Check{Area: "metrics", Name: "listen", Run: func(ctx context.Context) []Finding { return e.checkScrapes(ctx, listen) }})
	}
	if path := e.plan.Metrics.TextFile; path != "" {
		list = append(list, Check{Area: "metrics", Name: "textfile", Run: func(context.Context) []Finding { return e.checkTextFile(path) }})
	}
	return list
}

// checkScrapes looks whether the daemon can have the port for scrapes, or who has it.
func (e *examination) checkScrapes(ctx context.Context, listen string) []Finding {
	err := metrics.Try(listen)
	if err == nil {
		return ok("%s is free for it", listen)
	}
	host, port, _ := net.SplitHostPort(listen)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return one(Fault, "set metrics.listen to another address", "%v", err)
	}
	number, _ := strconv.Atoi(port) // the plan was checked
	holders, taken := findListeners(e.root, number)
	by := e.daemonOf(holders)
	if by == "" && answersScrapes(ctx, host, port) {
		by = "inceptiond"
	}
	if by != "" {
		return ok("%s runs and listens at %s", by, listen)
	}
	return one(Fault, "set metrics.listen to another port", "%s cannot be had: %s has it", listen, nameHolders(holders, taken))
}

// answersScrapes tells whether a daemon of ours answers at an address that somebody listens at.
func answersScrapes(ctx context.Context, host, port string) bool {
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/metrics", nil)
	if err != nil {
		return false
	}
	r.Close = true
	answer, err := http.DefaultTransport.RoundTrip(r) // to nowhere else
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return err == nil && strings.Contains(string(text), "\ninceptiond_build_info{")
}

// checkTextFile looks whether the daemon can write its file.
func (e *examination) checkTextFile(path string) []Finding {
	folder := filepath.Dir(path)
	service := e.options.File == InstalledConfig
	_, err := os.Stat(folder)
	switch {
	case service && folder == serviceRuntime:
		return ok("%s: the service makes that folder while it runs", path)
	case errors.Is(err, fs.ErrNotExist):
		return one(Fault, "make it, or set metrics.textfile to "+serviceRuntime+"/inceptiond.prom, which the service can write", "there is no folder %s", folder)
	case service:
		return one(Note, fmt.Sprintf("see that it does: sudo systemctl edit %s, with [Service] and ReadWritePaths=%s", serviceUser, folder),
			"%s: the service may write there only if its unit says so, and its user, %s, may too", folder, serviceUser)
	}
	if f := tryWrite(folder); f != nil {
		return f
	}
	return ok("%s can be written", path)
}
