// SPDX-License-Identifier: Apache-2.0
// Espalier: the page that goes with a policy.

internal import Espalier

/// `README.md` of an agent's run folder: what the policy does, how well, how to act with it, how it was made.
struct AgentCard {
  let summary: JSONValue
  let configuration: AgentConfiguration
  let policy: Policy
  let command: String

  /// The page, in the form that model hubs read.
  var text: String {
    [head, "# \(title)", introduction, quality, networks, use, origin].joined(separator: "\n\n") + "\n"
  }

  private var algorithm: String { summary["algorithm"]?.asString ?? "" }

  private var title: String {
    let widths = [policy.network.inputs] + policy.network.summary.lines.filter { $0.connections > 0 }.map(\.outputs)
    return "\(configuration.agent.env): a sparse \(widths.map(String.init).joined(separator: "-")) policy"
  }

  private var head: String {
    """
    ---
    license: unknown
    library_name: espalier
    tags:
      - sparse
      - reinforcement-learning
      - \(algorithm)
      - \(configuration.evolution.method.rawValue)
      - \(configuration.agent.env)
    metrics:
      - mean_return
    ---
    """
  }

  private var introduction: String {
    let share = NumberText.percentBelowAll(summary["sparsity"]?.asDouble ?? 0)
    let (connections, dense) = (summary["connections"]?.asInt ?? 0, summary["dense_connections"]?.asInt ?? 0)
    return """
      An agent that learned to act in `\(configuration.agent.env)` by `\(algorithm)`: it observes \(policy.observationSpace) and \
      acts in \(policy.actionSpace). All of its networks together have \(NumberText.grouped(connections)) connections of \
      \(NumberText.grouped(dense)) that dense ones would have: \(share) are absent. They moved by the method \
      `\(configuration.evolution.method.rawValue)`, seed \(configuration.agent.seed).
      """
  }

  private var quality: String {
    let names = [
      "mean_return", "interquartile_mean", "deviation", "least_return", "greatest_return", "eval_episodes", "steps",
      "gradient_steps",
    ]
    let lines = names.compactMap { name in
      summary[name]?.asDouble.map { "| `\(name)` | \(NumberText.significant($0, digits: 6)) |" }
    }
    return "| measure | value |\n|---|---|\n" + lines.joined(separator: "\n") + "\n\n![the learning curve](curve.svg)"
  }

  private var networks: String {
    let lines = (summary["modules"]?.asArray ?? []).map { module in
      let (connections, dense) = (module["connections"]?.asInt ?? 0, module["dense_connections"]?.asInt ?? 0)
      let absent = NumberText.percentBelowAll(module["sparsity"]?.asDouble ?? 0)
      return
        "| \(module["name"]?.asString ?? "") | \(NumberText.grouped(connections)) | \(NumberText.grouped(dense)) | "
        + "\(absent) | \(NumberText.grouped(module["moved"]?.asInt ?? 0)) |"
    }
    return "## Networks\n\n| network | connections | of | absent | moved |\n|---|---|---|---|---|\n"
      + lines.joined(separator: "\n")
  }

  private var use: String {
    """
    ## Acting

    ```
    espalier agent evaluate policy.safetensors --episodes 100
    espalier agent record policy.safetensors --episodes 10 --out rollouts.csv
    espalier agent act policy.safetensors        # observations in, actions out, a line each
    ```
    """
  }

  private var origin: String {
    """
    ## How it was made

    ```
    \(command)
    ```

    `config.toml` holds every setting: `espalier agent train --config config.toml` makes the same bytes again. `metrics.csv` is \
    the learning curve, `episodes.csv` every episode while learning.
    """
  }
}
