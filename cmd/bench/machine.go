package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// Machine is what the figures were measured on.
type Machine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	Kernel     string `json:"kernel"`
	Go         string `json:"go"`
	FileSystem string `json:"file_system"` // of the data folders
	PostgreSQL string `json:"postgresql,omitempty"`
}

func thisMachine() Machine {
	return Machine{
		CPU: processor(), Cores: runtime.NumCPU(), Go: runtime.Version(),
		Kernel: firstLine("/proc/sys/kernel/osrelease"), FileSystem: fileSystem(dataParent),
	}
}

func processor() string {
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func firstLine(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return line
}

// fileSystem names the file system of a path. One in memory makes durable
// writes look cheap.
func fileSystem(path string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return "unknown"
	}
	switch s.Type {
	case 0xEF53:
		return "ext4"
	case 0x58465342:
		return "xfs"
	case 0x9123683E:
		return "btrfs"
	case 0x2FC12FC1:
		return "zfs"
	case 0x01021994:
		return "tmpfs (in memory: durable writes cost nothing here)"
	case 0x794C7630:
		return "overlayfs"
	}
	return "another"
}

// programVersion asks the program what it is.
func programVersion(wpp string) string {
	out, err := exec.Command(wpp, "version").Output() //nolint:gosec,noctx // the program that the operator names; it ends at once
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
