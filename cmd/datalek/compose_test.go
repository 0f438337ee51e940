package main

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"
)

// moduleRoot is the module's folder, seen from this package.
const moduleRoot = "../.."

// composeFile is what these tests read of docker-compose.yml.
type composeFile struct {
	Services map[string]composeService `yaml:"services"`
	Networks map[string]any            `yaml:"networks"`
	Volumes  map[string]any            `yaml:"volumes"`
	Secrets  map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

type composeService struct {
	Image       string            `yaml:"image"`
	Build       string            `yaml:"build"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Networks    []string          `yaml:"networks"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Secrets     []composeSecret   `yaml:"secrets"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// composeSecret is a secret's name alone, or its name and where it is mounted.
type composeSecret struct {
	Source string `yaml:"source"`
	Target string `yaml:"target"`
}

func (s *composeSecret) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*s = composeSecret{Source: node.Value, Target: "/run/secrets/" + node.Value}
		return nil
	}
	type plain composeSecret
	return node.Decode((*plain)(s))
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	var file composeFile
	if err := yaml.Unmarshal(readRoot(t, "docker-compose.yml"), &file); err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	if len(file.Services) == 0 {
		t.Fatal("docker-compose.yml has no services")
	}
	return file
}

func readRoot(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(moduleRoot, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// runsDatalek tells our own containers from those of others.
func (s composeService) runsDatalek() bool { return strings.HasPrefix(s.Image, "datalek:") }

func TestComposeHasTheManyMachineForm(t *testing.T) {
	modes := make(map[string]int)
	images := make(map[string]int)
	for _, service := range readCompose(t).Services {
		if service.runsDatalek() {
			modes[service.Environment["DATALEK_MODE"]]++
			images["datalek "+service.Image]++
			continue
		}
		repository, _, _ := strings.Cut(service.Image, ":")
		if service.Healthcheck.Test != nil {
			images[repository]++
		}
	}
	if diff := cmp.Diff(map[string]int{"web": 2, "worker": 2}, modes); diff != "" {
		t.Errorf("our containers by mode (-want +got):\n%s", diff)
	}
	want := map[string]int{"mongo": 3, "nats": 3, "axllent/mailpit": 1, "datalek datalek:0.1.0": 4}
	if diff := cmp.Diff(want, images); diff != "" {
		t.Errorf("lasting containers by image (-want +got):\n%s", diff)
	}
}

// fixedTag is a tag that names one version, not whatever is newest.
var fixedTag = regexp.MustCompile(`^[^:]+:v?\d+\.\d+\.\d+(-[a-z0-9.]+)?$`)

func TestEveryImageHasAFixedTag(t *testing.T) {
	images := make(map[string]string)
	for name, service := range readCompose(t).Services {
		images["service "+name] = service.Image
	}
	for line := range strings.Lines(string(readRoot(t, "Dockerfile"))) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "FROM" && fields[1] != "scratch" {
			images["Dockerfile "+fields[1]] = fields[1]
		}
	}
	for where, image := range images {
		if !fixedTag.MatchString(image) {
			t.Errorf("%s: image %q has no fixed tag", where, image)
		}
	}
	for _, image := range []string{"mongo", "mongo:latest", "mongo:8", "mongo:8.0", "nats:alpine"} {
		if fixedTag.MatchString(image) {
			t.Errorf("%q passes for a fixed tag", image)
		}
	}
}

func TestComposeRunsTheNATSVersionThatTheTestsRun(t *testing.T) {
	mod, err := modfile.Parse("go.mod", readRoot(t, "go.mod"), nil)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(mod.Require, func(r *modfile.Require) bool {
		return r.Mod.Path == "github.com/nats-io/nats-server/v2"
	})
	if at < 0 {
		t.Fatal("go.mod requires no nats-server")
	}
	want := "nats:" + strings.TrimPrefix(mod.Require[at].Mod.Version, "v") + "-alpine"
	if got := readCompose(t).Services["nats-1"].Image; got != want {
		t.Errorf("image of nats-1 = %q, want %q", got, want)
	}
}

func TestEverythingComposeRefersToIsDeclaredAndUsed(t *testing.T) {
	file := readCompose(t)
	used := map[string]map[string]bool{"network": {}, "volume": {}, "secret": {}}
	for _, service := range file.Services {
		for _, network := range service.Networks {
			used["network"][network] = true
		}
		for _, volume := range service.Volumes {
			if source, _, _ := strings.Cut(volume, ":"); !strings.HasPrefix(source, ".") {
				used["volume"][source] = true
			}
		}
		for _, secret := range service.Secrets {
			used["secret"][secret.Source] = true
		}
	}
	for kind, declared := range map[string][]string{
		"network": sortedNames(file.Networks), "volume": sortedNames(file.Volumes), "secret": sortedNames(file.Secrets),
	} {
		if diff := cmp.Diff(declared, sortedNames(used[kind])); diff != "" {
			t.Errorf("%s (-declared +used):\n%s", kind, diff)
		}
	}
}

func TestEveryContainerThatLastsSaysHowItIs(t *testing.T) {
	file := readCompose(t)
	for name, service := range file.Services {
		for other, on := range service.DependsOn {
			target, ok := file.Services[other]
			if !ok {
				t.Errorf("%s waits for %s, which is no service", name, other)
				continue
			}
			ends := on.Condition == "service_completed_successfully"
			if says := target.Healthcheck.Test != nil; ends == says {
				t.Errorf("%s waits for %s by %s; it has a health check: %t", name, other, on.Condition, says)
			}
		}
		if service.Healthcheck.Test == nil && name != "mongo-init" {
			t.Errorf("%s has no health check", name)
		}
	}
}

func TestEveryFileThatComposeMountsIsThere(t *testing.T) {
	for name, service := range readCompose(t).Services {
		mounted := []string{}
		for _, volume := range service.Volumes {
			source, rest, _ := strings.Cut(volume, ":")
			if !strings.HasPrefix(source, ".") {
				continue
			}
			target, _, _ := strings.Cut(rest, ":")
			mounted = append(mounted, target)
			if _, err := os.Stat(filepath.Join(moduleRoot, source)); err != nil {
				t.Errorf("%s mounts %v", name, err)
			}
		}
		for _, word := range slices.Concat(service.Entrypoint, service.Command) {
			if ownScript := filepath.Ext(word) != ""; ownScript && !slices.Contains(mounted, word) {
				t.Errorf("%s starts %s, which is not mounted", name, word)
			}
		}
		if service.Build != "" {
			if _, err := os.Stat(filepath.Join(moduleRoot, service.Build, "Dockerfile")); err != nil {
				t.Errorf("%s is built from %v", name, err)
			}
		}
	}
}

func TestEverySecretIsMountedWhereItIsReadAndMadeByTheScript(t *testing.T) {
	file := readCompose(t)
	made := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), moduleRoot+"/deploy/secrets.sh", made).CombinedOutput(); err != nil {
		t.Fatalf("deploy/secrets.sh: %v\n%s", err, out)
	}
	for name, secret := range file.Secrets {
		if filepath.Dir(secret.File) != "deploy/secrets" && filepath.Dir(secret.File) != "./deploy/secrets" {
			t.Errorf("secret %s is in %s, not in deploy/secrets, which git ignores", name, secret.File)
		}
		if info, err := os.Stat(filepath.Join(made, filepath.Base(secret.File))); err != nil || info.Size() == 0 && name != "heartbeat_url" { // there is no monitor until somebody names one
			t.Errorf("deploy/secrets.sh does not make the secret %s: %v", name, err)
		}
	}
	for name, service := range file.Services {
		targets := make([]string, 0, len(service.Secrets))
		for _, secret := range service.Secrets {
			targets = append(targets, secret.Target)
		}
		for variable, value := range service.Environment {
			if strings.HasPrefix(value, "/run/secrets/") && !slices.Contains(targets, value) {
				t.Errorf("%s: %s reads %s, which is not mounted", name, variable, value)
			}
			if secretName.MatchString(variable) && !strings.HasPrefix(value, "/run/secrets/") {
				t.Errorf("%s: %s is not a secret's file", name, variable)
			}
		}
	}
}

// secretName is a variable that holds, or names the file of, what nobody may see.
var secretName = regexp.MustCompile(`(PASSWORD|CREDENTIALS|KEY)(_FILE)?$`)

func TestTheSecretsScriptKeepsWhatIsThere(t *testing.T) {
	folder := t.TempDir()
	var before map[string]string
	for range 2 {
		if out, err := exec.CommandContext(t.Context(), moduleRoot+"/deploy/secrets.sh", folder).CombinedOutput(); err != nil {
			t.Fatalf("deploy/secrets.sh: %v\n%s", err, out)
		}
		now := readFolder(t, folder)
		if before != nil && !cmp.Equal(before, now) {
			t.Error("the second call changed a secret") // without the diff, which would show it
		}
		before = now
	}
}

func readFolder(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	contents := make(map[string]string)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		contents[entry.Name()] = string(content)
	}
	return contents
}

func TestOurContainersCallServicesThatAreThere(t *testing.T) {
	file := readCompose(t)
	for name, service := range file.Services {
		for _, variable := range []string{"DATALEK_STORE", "DATALEK_NATS", "DATALEK_SMTP"} {
			value, ok := service.Environment[variable]
			if !ok {
				if service.runsDatalek() {
					t.Errorf("%s has no %s", name, variable)
				}
				continue
			}
			for _, host := range hostsOf(t, value) {
				other, ok := file.Services[host]
				if !ok {
					t.Errorf("%s: %s names %s, which is no service", name, variable, host)
				}
				shared := func(network string) bool { return slices.Contains(other.Networks, network) }
				if !slices.ContainsFunc(service.Networks, shared) {
					t.Errorf("%s and %s share no network", name, host)
				}
			}
		}
	}
}

// hostsOf gives the host names of a list of addresses, with or without a scheme
// before each.
func hostsOf(t *testing.T, list string) []string {
	t.Helper()
	var hosts []string
	for one := range strings.SplitSeq(list, ",") {
		if !strings.Contains(one, "://") {
			one = "tcp://" + one
		}
		u, err := url.Parse(one)
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
