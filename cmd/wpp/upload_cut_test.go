package main

import (
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// halfUpload begins an upload whose second half never comes, and returns when
// the program writes it to its folder.
func (s *server) halfUpload(token string) net.Conn {
	s.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	form := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n" + strings.Repeat("x", 1<<20)
	head := fmt.Sprintf("POST /v1/media HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n", token, 3<<20)
	if _, err := conn.Write([]byte(head + form)); err != nil {
		s.Fatal(err)
	}
	eventually(s, "the upload in the folder", func() bool { return len(s.mediaFiles()) == 1 })
	return conn
}

// mediaFiles are the files of the media folder.
func (s *server) mediaFiles() (names []string) {
	s.Helper()
	_ = filepath.WalkDir(filepath.Join(s.data, mediaFolder), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return nil // what is not there yet holds nothing
	})
	return names
}

// An upload that the end of the program cuts off is nobody's: there is no row,
// and after SIGTERM no file either. What kill -9 leaves has not the name of a
// content, so nothing can find it, and the tidying removes it.
func TestUploadCutByTheEnd(t *testing.T) {
	t.Parallel()
	for how, left := range map[string]int{"SIGTERM": 0, "kill -9": 1} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			s := startChild(t, data)
			c := s.commands()
			account := c.ok(password, "account", "create", "--name", "Loja", "--email", "corte@loja.example", "--password-stdin")["account_id"]
			token := c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
			s.halfUpload(token)
			if left == 0 {
				if code := s.end(); code != 0 {
					t.Errorf("exit %d", code)
				}
			} else {
				s.over = true
				s.kill()
				<-s.ended
			}
			files := s.mediaFiles()
			if len(files) != left || left == 1 && !strings.Contains(files[0], ".") {
				t.Errorf("left: %q", files)
			}
			again := startChild(t, data)
			if rows := again.query(`SELECT id FROM media`); len(rows) != 0 {
				t.Errorf("rows of a file that never came: %v", rows)
			}
			if code := again.end(); code != 0 {
				t.Errorf("exit %d", code)
			}
		})
	}
}
