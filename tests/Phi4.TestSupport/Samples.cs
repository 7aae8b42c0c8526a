// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport;

/// <summary>The trained model that ships with the repository.</summary>
public static class Samples
{
    public static string Model { get; } = Repository.PathTo("samples", "phi4-sample");
}
