// SPDX-License-Identifier: MIT
namespace Phi4.Core.Diagnostics;

/// <summary>
/// Under which name the engine speaks to meters and traces. Nothing leaves the process by itself, and what nobody listens to costs nothing. docs/hosting.md has the table.
/// </summary>
public static class Phi4Telemetry
{
    /// <summary>The meter, for <c>AddMeter</c>, and the activity source, for <c>AddSource</c>.</summary>
    public const string Name = "Phi4";
}
