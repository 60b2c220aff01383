package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/inceptiond/inceptiond/internal/proc"
)

// videoNode is a node /dev/video* as the file system and sysfs have it.
type videoNode struct {
	Path    string // /dev/video0
	Name    string // the driver's, from sysfs: "HD Webcam C525"; may be empty
	Group   string // of the node
	Mode    os.FileMode
	Holders []proc.Holder // other processes that have it open, as far as this user may see them
}

// videoNodes lists the video nodes, by number.
func videoNodes(root Root) []videoNode {
	var list []videoNode
	for n := range 256 { // the kernel has no more: VIDEO_NUM_DEVICES in media/v4l2-dev.h
		name := "video" + strconv.Itoa(n)
		info, err := os.Stat(root.path("/dev/" + name))
		if err != nil {
			continue
		}
		list = append(list, videoNode{
			Path: "/dev/" + name, Name: root.text("/sys/class/video4linux/" + name + "/name"),
			Group: groupName(root, info), Mode: info.Mode().Perm(),
			Holders: proc.Holders(root.path("/proc"), "/dev/"+name),
		})
	}
	return list
}

// forService is what is wrong with the node for a service that is in the group video; nil if nothing is.
func (v videoNode) forService() []Finding {
	if v.Mode&0o006 == 0o006 || v.Group == "video" && v.Mode&0o060 == 0o060 {
		return nil
	}
	return one(Warning, `give it to the group video: echo 'SUBSYSTEM=="video4linux", GROUP="video", MODE="0660"' | `+
		"sudo tee /etc/udev/rules.d/70-video.rules, then sudo udevadm trigger",
		"the service is in the group video, but %s belongs to the group %s with mode %04o", v.Path, v.Group, v.Mode)
}

// groupName is the name of a file's group, or its number if it has none.
func groupName(root Root, info os.FileInfo) string {
	stat, is := info.Sys().(*syscall.Stat_t)
	if !is {
		return ""
	}
	gid := strconv.FormatUint(uint64(stat.Gid), 10)
	for line := range strings.Lines(root.text("/etc/group")) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[2] == gid {
			return fields[0]
		}
	}
	return gid
}

// findListeners finds the processes that listen on a TCP port, as far as this user may see them; taken tells whether one
// does at all.
func findListeners(root Root, port int) (holders []proc.Holder, taken bool) {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for line := range strings.Lines(root.text(table)) {
			inode, listens := listener(line, port)
			if !listens {
				continue
			}
			taken = true
			holders = append(holders, proc.Holders(root.path("/proc"), fmt.Sprintf("socket:[%s]", inode))...)
		}
	}
	return holders, taken
}

// listener reads a line of proc_pid_net(5), tcp: number, local address:port, remote, state (0A listens), …, inode.
func listener(line string, port int) (inode string, listens bool) {
	fields := strings.Fields(line)
	if len(fields) < 10 || fields[3] != "0A" {
		return "", false
	}
	_, hex, _ := strings.Cut(fields[1], ":")
	local, err := strconv.ParseUint(hex, 16, 16)
	return fields[9], err == nil && int(local) == port
}

// cameraConfig are the places of a Raspberry Pi's config.txt: since Debian 12, and before.
var cameraConfig = []string{"/boot/firmware/config.txt", "/boot/config.txt"}

// ribbonConfig says what a Raspberry Pi's config.txt has about cameras on the ribbon cable; missing is true if it has
// nothing that makes one known.
func ribbonConfig(root Root) (says string, missing bool) {
	for _, path := range cameraConfig {
		text := root.text(path)
		if text == "" {
			continue
		}
		var found []string
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "camera_auto_detect=") || isSensor(line) {
				found = append(found, line)
			}
		}
		if len(found) == 0 {
			return filepath.Base(path) + " says nothing of cameras", true
		}
		says = filepath.Base(path) + ": " + strings.Join(found, ", ")
		return says, len(found) == 1 && found[0] == "camera_auto_detect=0"
	}
	return "", false
}

// isSensor recognizes the overlays of image sensors: they are named for them.
func isSensor(line string) bool {
	overlay, found := strings.CutPrefix(line, "dtoverlay=")
	for _, maker := range []string{"imx", "ov", "arducam"} {
		if found && strings.HasPrefix(overlay, maker) {
			return true
		}
	}
	return false
}
