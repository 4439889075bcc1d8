//! The packages that manifests ask for. Those written in JSON, YAML or TOML are read from the facts that their format made;
//! the others have forms of their own. Lock files are no manifests: what they list nobody chose.

mod keyed;
mod listed;
mod markup;

use super::Format;
use crate::lang::builder::Builder;

/// A manifest that is known by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manifest {
    /// Requirements and constraints of pip.
    Requirements,
    /// `pyproject.toml`: its own tables, and those of Poetry, PDM, uv and Hatch.
    Pyproject,
    /// Pipenv's file.
    Pipfile,
    /// `setup.cfg`, `tox.ini`.
    SetupCfg,
    /// An environment of conda.
    Conda,
    /// `package.json`.
    PackageJson,
    /// Projects of .NET and what they share.
    DotNet,
    /// Maven's file.
    Maven,
    /// Gradle's scripts.
    Gradle,
    /// Gradle's catalogues of versions.
    GradleCatalogue,
    /// Go's file.
    Go,
}

impl Manifest {
    /// The manifest that a file is by its name in lower case, and its folder's name.
    pub(super) fn of(folder: &str, name: &str) -> Option<Self> {
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        Some(match name {
            "pyproject.toml" => Self::Pyproject,
            "pipfile" => Self::Pipfile,
            "setup.cfg" | "tox.ini" => Self::SetupCfg,
            "package.json" => Self::PackageJson,
            "pom.xml" => Self::Maven,
            "go.mod" => Self::Go,
            "packages.config" => Self::DotNet,
            _ if ends(&[".csproj", ".fsproj", ".vbproj", ".props", ".targets"]) => Self::DotNet,
            _ if ends(&[".gradle", ".gradle.kts"]) => Self::Gradle,
            _ if ends(&[".versions.toml"]) => Self::GradleCatalogue,
            _ if ends(&[".txt", ".in"]) && (name.contains("requirements") || name.starts_with("constraints")) => {
                Self::Requirements
            }
            _ if ends(&[".txt", ".in"]) && folder.eq_ignore_ascii_case("requirements") => Self::Requirements,
            _ if name.starts_with("environment") && ends(&[".yml", ".yaml"]) => Self::Conda,
            _ => return None,
        })
    }

    /// How it is written.
    pub(super) fn format(self) -> Format {
        match self {
            Self::Pyproject | Self::Pipfile | Self::GradleCatalogue => Format::Toml,
            Self::SetupCfg => Format::Ini,
            Self::Conda => Format::Yaml,
            Self::PackageJson => Format::Json,
            Self::Requirements | Self::DotNet | Self::Maven | Self::Gradle | Self::Go => Format::Manifest,
        }
    }

    /// True for a manifest in markup.
    pub(super) fn is_markup(self) -> bool {
        matches!(self, Self::DotNet | Self::Maven)
    }

    /// Adds the packages that it asks for to what is known of it.
    pub(super) fn read(self, b: &mut Builder<'_>) {
        let found = match self {
            Self::Requirements => listed::requirements(b.source),
            Self::SetupCfg => listed::setup(b.source),
            Self::Gradle => listed::gradle(b.source),
            Self::Go => listed::go(b.source),
            Self::Pyproject => keyed::pyproject(b),
            Self::Pipfile => keyed::pipfile(b),
            Self::Conda => keyed::conda(b),
            Self::PackageJson => keyed::package_json(b),
            Self::GradleCatalogue => keyed::catalogue(b),
            Self::DotNet => markup::dot_net(b),
            Self::Maven => markup::maven(b),
        };
        b.facts.dependencies = found;
    }
}

#[cfg(test)]
mod tests {
    use crate::lang::{Grammar, Lowering};

    fn packages(name: &str, text: &str) -> Vec<(String, u32)> {
        let facts = Lowering::default().facts(Grammar::of(name).unwrap(), text).unwrap();
        let line = |at: u32| text[..at as usize].matches('\n').count() as u32 + 1;
        facts
            .dependencies
            .iter()
            .map(|one| {
                assert_eq!(one.span.text(text), one.name, "{text}");
                (one.package.clone(), line(one.span.start))
            })
            .collect()
    }

    fn expect(name: &str, text: &str, expected: &[(&str, u32)]) {
        let expected: Vec<(String, u32)> = expected.iter().map(|(name, line)| ((*name).to_owned(), *line)).collect();
        assert_eq!(packages(name, text), expected, "{name}:\n{text}");
    }

    #[test]
    fn requirements_have_extras_markers_hashes_and_addresses() {
        let text = "# comment\nAzure_AI.Inference[x]>=1 ; python_version<'3.9' # why\n-r other.txt\n-e .\n\
                    openai==1.2 \\\n    --hash=sha256:aa\nname @ https://example.org/x.whl\n\n./local\n";
        expect("requirements-dev.txt", text, &[("pypi/azure-ai-inference", 2), ("pypi/openai", 5), ("pypi/name", 7)]);
    }

    #[test]
    fn pyproject_has_many_places_for_packages() {
        let text = "[project]\ndependencies = [\n  \"openai>=1\",\n  'azure-ai-inference',\n]\n\
                    [project.optional-dependencies]\nx = [\"litellm[proxy]~=1.0\"]\n\
                    [dependency-groups]\ndev = [\"promptflow\", {include-group = \"x\"}]\n\
                    [tool.poetry.dependencies]\npython = \"^3.9\"\nlangchain-azure-ai = {version = \"1\"}\n\
                    [tool.poetry.group.dev.dependencies]\n\"semantic-kernel\" = \"*\"\n\
                    [tool.uv]\ndev-dependencies = [\"haystack-ai\"]\n";
        expect(
            "pyproject.toml",
            text,
            &[
                ("pypi/openai", 3),
                ("pypi/azure-ai-inference", 4),
                ("pypi/litellm", 7),
                ("pypi/promptflow", 9),
                ("pypi/python", 11),
                ("pypi/langchain-azure-ai", 12),
                ("pypi/semantic-kernel", 14),
                ("pypi/haystack-ai", 16),
            ],
        );
    }

    #[test]
    fn other_python_manifests() {
        expect(
            "Pipfile",
            "[packages]\nopenai = \"*\"\n[dev-packages]\n\"a_b\" = {version=\"1\"}\n",
            &[("pypi/openai", 2), ("pypi/a-b", 4)],
        );
        let cfg = "[options]\ninstall_requires =\n    openai>=1\n    # no\n    azure-ai-inference\npackages = find:\n\
                   [options.extras_require]\nx =\n    litellm; extra\n[other]\nx =\n    no\n";
        expect("setup.cfg", cfg, &[("pypi/openai", 3), ("pypi/azure-ai-inference", 5), ("pypi/litellm", 9)]);
        let conda =
            "dependencies:\n  - python=3.11\n  - pip:\n      - azure-ai-inference==1\n  - conda-forge::openai\n";
        expect("environment.yml", conda, &[("pypi/python", 2), ("pypi/azure-ai-inference", 4), ("pypi/openai", 5)]);
    }

    #[test]
    fn package_json_has_sections_aliases_and_overrides() {
        let text = "{\n \"dependencies\": {\n  \"@azure/openai\": \"2\",\n  \"x\": \"npm:@langchain/azure-openai@0.0.11\"\n },\n\
                    \"devDependencies\": {\"openai\": \"^4\"},\n \"resolutions\": {\"**/@ai-sdk/azure\": \"1\"},\n\
                    \"overrides\": {\"a\": {\"azure-openai\": \"1\"}},\n \"scripts\": {\"no\": \"x\"}\n}\n";
        expect(
            "package.json",
            text,
            &[
                ("npm/@azure/openai", 3),
                ("npm/x", 4),
                ("npm/@langchain/azure-openai", 4),
                ("npm/openai", 6),
                ("npm/@ai-sdk/azure", 7),
                ("npm/a", 8),
                ("npm/azure-openai", 8),
            ],
        );
    }

    #[test]
    fn projects_of_other_languages() {
        let csproj = "<Project>\n <ItemGroup>\n  <PackageReference Include=\"Azure.AI.OpenAI\" Version=\"2\" />\n\
                      <!-- <PackageReference Include=\"No\" /> -->\n <PackageReference Update='B' /></ItemGroup>\n</Project>";
        expect("app.csproj", csproj, &[("nuget/azure.ai.openai", 3), ("nuget/b", 5)]);
        let pom = "<project xmlns=\"urn:x\"><dependencies>\n<dependency>\n<groupId>com.azure</groupId>\n\
                   <artifactId> azure-ai-openai </artifactId>\n</dependency></dependencies></project>";
        expect("pom.xml", pom, &[("maven/com.azure/azure-ai-openai", 4)]);
        let gradle = "dependencies {\n implementation 'com.azure:azure-ai-openai:1'\n // implementation 'a:b:1'\n\
                      api(\"g.h:art\")\n compile group: 'a.b', name: 'c', version: '1'\n}\n";
        expect(
            "build.gradle",
            gradle,
            &[("maven/com.azure/azure-ai-openai", 2), ("maven/g.h/art", 4), ("maven/a.b/c", 5)],
        );
        let catalogue = "[libraries]\na = \"com.azure:azure-ai-openai:1\"\nb = { module = \"g:m\", version.ref = \"x\" }\n\
                         c = { group = \"g\", name = \"n\" }\n";
        expect(
            "libs.versions.toml",
            catalogue,
            &[("maven/com.azure/azure-ai-openai", 2), ("maven/g/m", 3), ("maven/g/n", 4)],
        );
        let go = "module x\nrequire (\n\tgithub.com/Azure/azure-sdk-for-go/sdk/ai/azopenai v0.7.0\n\
                  \tgithub.com/a/b v1 // indirect\n)\nrequire github.com/c/d/v3 v3.1.0\n";
        expect(
            "go.mod",
            go,
            &[("golang/github.com/Azure/azure-sdk-for-go/sdk/ai/azopenai", 3), ("golang/github.com/c/d/v3", 6)],
        );
    }

    #[test]
    fn broken_manifests_give_what_can_be_read() {
        assert!(packages("app.csproj", "<Project><PackageReference Include=\"A\"").is_empty());
        assert_eq!(packages("package.json", "{\"dependencies\": {\"a\": \"1\",}").len(), 1);
        assert!(packages("pyproject.toml", "[project\n").is_empty());
    }
}
