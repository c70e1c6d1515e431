/**
 * Contacts: how a dealer's company is reached, as its own people see and change it; staff have it on the dealer's card.
 * Hears `contacts:news`, which says only that there is something to fetch.
 */
export { default as ContactsLine } from './ContactsLine.vue';
export { default as ContactsTab } from './ContactsTab.vue';
