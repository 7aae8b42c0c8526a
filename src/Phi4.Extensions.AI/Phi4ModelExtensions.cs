// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI;

/// <summary>From a model to a chat client.</summary>
public static class Phi4ModelExtensions
{
    /// <summary>A chat client over this model, which stays the caller's to dispose. Any number of clients may share a model.</summary>
    /// <param name="model">A model whose folder has a tokenizer and a chat template.</param>
    /// <param name="options">Null for the defaults.</param>
    public static IChatClient AsChatClient(this Phi4Model model, Phi4ChatClientOptions? options = null) => new Phi4ChatClient(model, options);
}
