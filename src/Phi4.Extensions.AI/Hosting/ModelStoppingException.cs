// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI.Hosting;

/// <summary>A request came while the application was stopping. Nothing was computed; another instance may answer it.</summary>
public sealed class ModelStoppingException : Phi4Exception
{
    /// <summary>An error that names the model.</summary>
    public ModelStoppingException(string model)
        : base($"The application is stopping: {model} takes no new requests.")
    {
    }
}
