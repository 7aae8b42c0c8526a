// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Options;

/// <summary>For whom the data on standard output is written.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For programs: one JSON object.</summary>
    Json,

    /// <summary>For programs: one JSON object a line.</summary>
    JsonLines,
}
