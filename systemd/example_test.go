package systemd_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/inceptiond/inceptiond/systemd"
)

// A service says that it has started, to a socket that stands in for the service manager's.
func ExampleNotify() {
	dir, err := os.MkdirTemp("", "notify")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	address := net.UnixAddr{Name: filepath.Join(dir, "socket"), Net: "unixgram"}
	manager, err := net.ListenUnixgram("unixgram", &address)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer manager.Close()
	os.Setenv("NOTIFY_SOCKET", address.Name) // systemd sets it
	defer os.Unsetenv("NOTIFY_SOCKET")

	if err := systemd.Notify(systemd.Ready, systemd.Status("2 of 2 cameras online")); err != nil {
		fmt.Println(err)
		return
	}
	message := make([]byte, 256)
	n, err := manager.Read(message)
	fmt.Println(string(message[:n]), err)
	// Output:
	// READY=1
	// STATUS=2 of 2 cameras online <nil>
}
