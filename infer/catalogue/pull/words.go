package pull

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// describeNet says what went wrong on the network, and how to mend it. ctx is the caller's, watched has the end of a
// stalled download.
func describeNet(ctx, watched context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	if errors.Is(context.Cause(watched), errStalled) {
		return errors.New("the download has stalled: hardly anything came any more")
	}
	host := ""
	if u := new(url.Error); errors.As(err, &u) {
		err = u.Err
		if at, parseErr := url.Parse(u.URL); parseErr == nil {
			host = at.Host + ": "
		}
	}
	if hint := hintNet(err); hint != "" {
		return fmt.Errorf("%s%w: %s", host, err, hint)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return againError{error: errors.New(host + "the connection ended too soon")}
	}
	return fmt.Errorf("%s%w", host, err)
}

// hintNet says how to mend an error of the network; "" if nobody can tell.
func hintNet(err error) string {
	const offline = "is the machine online? Behind a proxy set HTTPS_PROXY; without a network fetch the files elsewhere, and use --from"
	var (
		invalid x509.CertificateInvalidError
		dns     *net.DNSError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "is the clock of this machine right? (date)"
	case errors.As(err, new(x509.SystemRootsError)):
		return "this machine has no list of certificate authorities: sudo apt install ca-certificates"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "sudo apt install ca-certificates; if this network has an authority of its own, SSL_CERT_FILE names its certificate"
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(tls.RecordHeaderError)):
		return "somebody stands in between (the login page of this network, or a proxy?)"
	case errors.As(err, &dns), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return offline
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return offline
	}
	return ""
}

// describeStatus says what a status that brings no file means.
func describeStatus(resp *http.Response) error {
	said := fmt.Sprintf("%s: %s", resp.Request.URL.Redacted(), resp.Status)
	after := retryAfter(resp.Header.Get("Retry-After"), time.Now())
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound, code == http.StatusGone:
		return fmt.Errorf("%s: the file is not there; a mirror must have it under this name, and a newer inceptiond may know another place", said)
	case code == http.StatusProxyAuthRequired: // of plain HTTP
		return fmt.Errorf("%s: the proxy wants a login (HTTP_PROXY=http://user:password@host:port)", said)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return fmt.Errorf("%s: the server, or a proxy on the way, refuses; fetch the file elsewhere, and use --from", said)
	case code == http.StatusTooManyRequests || code >= 500:
		if after > maxWait {
			said += fmt.Sprintf(": try again in %v", after.Round(time.Second))
		} else {
			said += ": try again later"
		}
		return againError{errors.New(said), after}
	}
	return errors.New(said)
}

// retryAfter reads the header field: seconds, or a date (RFC 9110, 10.2.3). 0: there is none, or it is past.
func retryAfter(s string, now time.Time) time.Duration {
	const most = 24 * time.Hour
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return min(time.Duration(n)*time.Second, most)
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), most)
}

// describeDisk says how to mend an error of the disk at path.
func describeDisk(path string, err error) error {
	if p := new(fs.PathError); !errors.As(err, &p) && !errors.As(err, new(*os.LinkError)) {
		return err
	}
	folder := filepath.Dir(path)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: make room on that disk (df -h %s)", err, folder)
	case errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0, errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: set XDG_DATA_HOME to a folder that you may write to, or use sudo, which writes to /var/lib/inceptiond", err)
	}
	return err
}

// page says that a file is a web page, if it looks like one.
func page(file io.ReaderAt) string {
	start := make([]byte, 64)
	n, _ := file.ReadAt(start, 0)
	if bytes.HasPrefix(bytes.TrimSpace(start[:n]), []byte("<")) {
		return "; it looks like a web page"
	}
	return ""
}
